import type { CompiledRoute } from './compiled-route.ts'
import type { MeshRequest } from './request.ts'

export type RouteFinder = (request: MeshRequest) => CompiledRoute | undefined

/** Up to here, going through all costs less than looking up. */
const LINEAR_MAX = 16

/**
 * The first route that matches. In long lists those are asked that the path allows: the ones for exactly it, the ones for
 * each of its beginnings, and the ones that cannot be told apart by a path; still in their order.
 */
export function routeFinder(routes: readonly CompiledRoute[]): RouteFinder {
  if (routes.length <= LINEAR_MAX) return (request) => routes.find(({ matches }) => matches(request))
  let index: PathIndex | undefined
  return (request) => {
    index ??= indexed(routes)
    return firstOf(routes, listsFor(index, request.path), request)
  }
}

/** Numbers of routes, in their order. Paths are told apart by hashes, so that one walk over a path finds all its beginnings. */
interface PathIndex {
  readonly exact: ReadonlyMap<number, number[]>
  readonly prefixes: ReadonlyMap<number, number[]>
  /** Whether some prefix is as long as the place says. */
  readonly isPrefixLength: Uint8Array
  readonly others: number[]
}

function indexed(routes: readonly CompiledRoute[]): PathIndex {
  const exact = new Map<number, number[]>()
  const prefixes = new Map<number, number[]>()
  const others: number[] = []
  let longest = 0
  for (const { indexedBy } of routes) longest = Math.max(longest, indexedBy?.prefix?.length ?? 0)
  const isPrefixLength = new Uint8Array(longest + 1)
  for (const [number, { indexedBy }] of routes.entries()) {
    if (indexedBy?.exact !== undefined) listAt(exact, hashOf(indexedBy.exact)).push(number)
    else if (indexedBy?.prefix !== undefined) {
      isPrefixLength[indexedBy.prefix.length] = 1
      listAt(prefixes, hashOf(indexedBy.prefix)).push(number)
    } else others.push(number)
  }
  return { exact, prefixes, isPrefixLength, others }
}

function listAt(lists: Map<number, number[]>, key: number): number[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const list: number[] = []
  lists.set(key, list)
  return list
}

/** FNV-1a, which goes on from the hash of a beginning. Two paths with one hash are told apart when they are compared. */
const HASH_START = 0x811c9dc5

function hashOf(text: string): number {
  let hash = HASH_START
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}

function listsFor(
  { exact, prefixes, isPrefixLength, others }: PathIndex,
  path: string,
): readonly (readonly number[])[] {
  const lists: (readonly number[])[] = others.length > 0 ? [others] : []
  let hash = HASH_START
  for (let length = 0; ; length++) {
    if (length < isPrefixLength.length && isPrefixLength[length] === 1) {
      const list = prefixes.get(hash)
      if (list !== undefined) lists.push(list)
    }
    if (length === path.length) break
    hash = Math.imul(hash ^ path.charCodeAt(length), 0x01000193)
  }
  const same = exact.get(hash)
  if (same !== undefined) lists.push(same)
  return lists
}

/** Walks several ordered lists as one. */
function firstOf(
  routes: readonly CompiledRoute[],
  lists: readonly (readonly number[])[],
  request: MeshRequest,
): CompiledRoute | undefined {
  const [only] = lists
  if (lists.length === 1 && only !== undefined) return firstIn(routes, only, request)
  const positions = new Uint32Array(lists.length)
  for (;;) {
    let chosen = -1
    let lowest = Infinity
    for (let which = 0; which < lists.length; which++) {
      const number = lists[which]?.[positions[which] ?? 0]
      if (number !== undefined && number < lowest) {
        lowest = number
        chosen = which
      }
    }
    const route = routes[lowest]
    if (route === undefined) return undefined
    if (route.matches(request)) return route
    positions[chosen] = (positions[chosen] ?? 0) + 1
  }
}

function firstIn(
  routes: readonly CompiledRoute[],
  list: readonly number[],
  request: MeshRequest,
): CompiledRoute | undefined {
  for (const number of list) {
    const route = routes[number]
    if (route?.matches(request) === true) return route
  }
  return undefined
}
