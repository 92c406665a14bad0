import { isSubsetOf } from '../config/hosts.ts'

/** Whether an object of `owner` is there for `namespace`: `.` is the own one, `*` or nothing everybody, `~` nobody. */
export function isExportedTo(
  exportTo: readonly string[],
  { owner, namespace }: { readonly owner: string; readonly namespace: string },
): boolean {
  if (exportTo.length === 0 || exportTo.includes('*')) return true
  return exportTo.some((target) => (target === '.' ? owner : target) === namespace)
}

/** The `namespace/host` entries of a Sidecar's egress. */
export class EgressScope {
  readonly #entries: readonly { readonly namespace: string; readonly host: string }[]

  constructor(hosts: readonly string[], home: string) {
    this.#entries = hosts.map((entry) => {
      const slash = entry.indexOf('/')
      const namespace = slash < 0 ? '*' : entry.slice(0, slash)
      return { namespace: namespace === '.' ? home : namespace, host: entry.slice(slash + 1) }
    })
  }

  /** A service must be covered by what is imported. */
  showsService(host: string, namespace: string): boolean {
    return this.#entries.some((entry) => isOf(entry, namespace) && isSubsetOf(host, entry.host))
  }

  /** Routes count as soon as they are about something that is imported. */
  showsRoutes(host: string, namespace: string): boolean {
    return this.#entries.some(
      (entry) => isOf(entry, namespace) && (isSubsetOf(host, entry.host) || isSubsetOf(entry.host, host)),
    )
  }
}

function isOf(entry: { readonly namespace: string }, namespace: string): boolean {
  return entry.namespace === '*' || entry.namespace === namespace
}
