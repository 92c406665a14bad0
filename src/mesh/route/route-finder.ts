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

/** Numbers of routes, in their order. */
interface PathIndex {
  readonly exact: Map<string, number[]>
  readonly prefixes: Map<string, number[]>
  readonly prefixLengths: readonly number[]
  readonly others: number[]
}

function indexed(routes: readonly CompiledRoute[]): PathIndex {
  const exact = new Map<string, number[]>()
  const prefixes = new Map<string, number[]>()
  const others: number[] = []
  for (const [number, { indexedBy }] of routes.entries()) {
    if (indexedBy?.exact !== undefined) listAt(exact, indexedBy.exact).push(number)
    else if (indexedBy?.prefix !== undefined) listAt(prefixes, indexedBy.prefix).push(number)
    else others.push(number)
  }
  const prefixLengths = [...new Set([...prefixes.keys()].map(({ length }) => length))]
  return { exact, prefixes, prefixLengths, others }
}

function listAt(lists: Map<string, number[]>, key: string): number[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const list: number[] = []
  lists.set(key, list)
  return list
}

function listsFor({ exact, prefixes, prefixLengths, others }: PathIndex, path: string): readonly (readonly number[])[] {
  const lists: (readonly number[])[] = [others]
  const same = exact.get(path)
  if (same !== undefined) lists.push(same)
  for (const length of prefixLengths) {
    const list = length <= path.length ? prefixes.get(path.slice(0, length)) : undefined
    if (list !== undefined) lists.push(list)
  }
  return lists
}

/** Walks several ordered lists as one. */
function firstOf(
  routes: readonly CompiledRoute[],
  lists: readonly (readonly number[])[],
  request: MeshRequest,
): CompiledRoute | undefined {
  const positions = lists.map(() => 0)
  for (;;) {
    let chosen = -1
    let lowest = Infinity
    for (const [which, list] of lists.entries()) {
      const number = list[positions[which] ?? 0]
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
