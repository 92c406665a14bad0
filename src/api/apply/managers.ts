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
