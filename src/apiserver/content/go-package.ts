/** Groups whose internal types live elsewhere than in a package of their own name. */
const PACKAGES: Readonly<Record<string, string>> = { '': 'core', 'events.k8s.io': 'core' }

/** The Go package of a group's internal types, which upstream's messages name: `apps`, `rbac`, `core`. */
export function goPackageOf(group: string): string {
  return PACKAGES[group] ?? group.split('.')[0] ?? ''
}
