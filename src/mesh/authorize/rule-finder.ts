import type { MeshRequest } from '../route/request.ts'
import type { CompiledRule } from './compiled-policy.ts'
import type { PeerConnection } from './connection.ts'

/** The first rule that fits. */
export type FindRule = (connection: PeerConnection, request: MeshRequest | undefined) => CompiledRule | undefined

/** Below it, asking all is quicker than looking up. */
const INDEXED_MIN = 12

export function ruleFinder(rules: readonly CompiledRule[]): FindRule {
  if (rules.length >= INDEXED_MIN) return indexedFinder(rules)
  return (connection, request) => {
    for (const rule of rules) if (rule.matches(connection, request)) return rule
    return undefined
  }
}

/** Places of rules in the list, in order. */
type Places = readonly number[]

const NO_PLACES: Places = []

function indexedFinder(rules: readonly CompiledRule[]): FindRule {
  const anchored = {
    principal: new Map<string, number[]>(),
    host: new Map<string, number[]>(),
    path: new Map<string, number[]>(),
  }
  const others: number[] = []
  for (const [place, { anchor }] of rules.entries()) {
    if (anchor === undefined) others.push(place)
    for (const value of new Set(anchor?.values)) {
      const table = anchored[anchor?.of ?? 'principal']
      const places = table.get(value)
      if (places === undefined) table.set(value, [place])
      else places.push(place)
    }
  }
  const { principal, host, path } = anchored
  return (connection, request) => {
    const lists = [
      others,
      (connection.principal !== undefined && principal.get(connection.principal)) || NO_PLACES,
      (request !== undefined && host.size > 0 && host.get(request.authority.toLowerCase())) || NO_PLACES,
      (request !== undefined && path.get(request.path)) || NO_PLACES,
    ]
    return firstOf(lists, (place) => {
      const rule = rules[place]
      return rule?.matches(connection, request) === true ? rule : undefined
    })
  }
}

/** Looks at places of several lists in their common order. */
function firstOf(
  lists: readonly Places[],
  ruleAt: (place: number) => CompiledRule | undefined,
): CompiledRule | undefined {
  const heads = lists.map(() => 0)
  for (;;) {
    let nearest = Infinity
    let from = 0
    for (const [number, list] of lists.entries()) {
      const place = list[heads[number] ?? 0] ?? Infinity
      if (place >= nearest) continue
      nearest = place
      from = number
    }
    if (nearest === Infinity) return undefined
    const rule = ruleAt(nearest)
    if (rule !== undefined) return rule
    heads[from] = (heads[from] ?? 0) + 1
  }
}
