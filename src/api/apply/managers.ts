import type { FieldSet } from './field-set.ts'

/** What one manager owns, in which version of the API. */
export interface VersionedSet {
  readonly set: FieldSet
  readonly version: string
  /** By applying a configuration, not by updates. */
  readonly applied: boolean
}

/** Who owns what. */
export type Managers = ReadonlyMap<string, VersionedSet>

/** Whether all of them use this one version. */
export function isOfVersion(managers: Managers, version: string): boolean {
  for (const owned of managers.values()) if (owned.version !== version) return false
  return true
}
