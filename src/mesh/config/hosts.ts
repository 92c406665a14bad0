import { compareText } from '../../base/compare-text.ts'
import { isSubsetOf, isWildcard } from '../../api/kinds/istio/hosts.ts'

export { hostsOverlap, isSubsetOf, isWildcard } from '../../api/kinds/istio/hosts.ts'

/** The narrower of each two that overlap, in the order of the first list. */
export function intersectHosts(hosts: readonly string[], others: readonly string[]): readonly string[] {
  const both = new Set<string>()
  for (const host of hosts) {
    for (const other of others) {
      if (isSubsetOf(host, other)) both.add(host)
      else if (isSubsetOf(other, host)) both.add(other)
    }
  }
  return [...both]
}

/** Hosts may say their namespace, as in `shop/orders.example.com`; those without one, and those of `*`, are in all. */
export function hostsInNamespace(hosts: readonly string[], namespace: string): readonly string[] {
  return hosts.flatMap((host) => {
    const slash = host.indexOf('/')
    if (slash < 0) return [host]
    const owner = host.slice(0, slash)
    return owner === '*' || owner === namespace ? [host.slice(slash + 1)] : []
  })
}

/** Orders the most specific first: names before wildcards, then the longer, then by the alphabet. */
export function compareSpecificity(a: string, b: string): number {
  const wildcards = Number(isWildcard(a)) - Number(isWildcard(b))
  if (wildcards !== 0) return wildcards
  return b.length - a.length || compareText(a, b)
}
