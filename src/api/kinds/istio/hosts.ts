/* How hosts with stars compare (istio/istio pkg/config/host/name.go). */

export function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

/** Whether some name is meant by both. */
export function hostsOverlap(a: string, b: string): boolean {
  if (isWildcard(a) && isWildcard(b)) return a.slice(1).endsWith(b.slice(1)) || b.slice(1).endsWith(a.slice(1))
  return isSubsetOf(a, b) || isSubsetOf(b, a)
}

/** Whether every name meant by `host` is meant by `of`. */
export function isSubsetOf(host: string, of: string): boolean {
  if (!isWildcard(of)) return host === of
  if (isWildcard(host) && host.length < of.length) return false
  return (isWildcard(host) ? host.slice(1) : host).endsWith(of.slice(1))
}
