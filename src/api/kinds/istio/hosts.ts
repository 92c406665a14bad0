/*
 * A host is a name, or `*` and what the name has to end with. The star stands for any text, with dots and the empty one.
 * Rules: istio/istio pkg/config/host.
 */

export function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

/** Whether some name is meant by both. */
export function hostsOverlap(a: string, b: string): boolean {
  return isSubsetOf(a, b) || isSubsetOf(b, a)
}

/** Whether every name meant by `host` is meant by `of`. */
export function isSubsetOf(host: string, of: string): boolean {
  if (!isWildcard(of)) return host === of
  if (!isWildcard(host)) return host.endsWith(of.slice(1))
  return host.length >= of.length && host.endsWith(of.slice(1))
}
