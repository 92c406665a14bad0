import type { Cause } from './errors.ts'
import type { ApiObject } from './object.ts'
import type { Schema } from './schema/schema.ts'

/**
 * A kind of object, as data: the REST server, discovery, OpenAPI, `kubectl explain`, tables and COMPAT.md all read this
 * value. Built-in kinds and custom resources differ only in where the value comes from.
 */
export interface Kind<T extends ApiObject = ApiObject> {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  readonly shortNames?: readonly string[]
  /** `all` makes `kubectl get all` list it. */
  readonly categories?: readonly string[]
  readonly listKind?: string
  /** Which verbs it serves; all of `VERBS` when absent. Review kinds (`TokenReview`, …) serve `create` only. */
  readonly verbs?: readonly Verb[]
  readonly subresources?: readonly Subresource<T>[]
  /** Lazily built; read it through `kind.schema()`. */
  schema(): Schema
  /** True for kinds that came with a CustomResourceDefinition: no strategic merge patch, no protobuf. */
  readonly custom?: boolean

  /** Fills in what the user may leave out. Returns the same reference when nothing was missing. */
  default?(object: T): T
  /** What is wrong with an object, in the field order of upstream's validation. `old` is set on update. */
  validate?(object: T, old?: T): Iterable<Cause>
  /**
   * What of the metadata a write to `/status` leaves as it is besides what the server keeps; labels, annotations,
   * finalizers and owners may be changed there otherwise.
   */
  readonly statusKeeps?: 'metadata' | readonly ('annotations' | 'labels' | 'ownerReferences')[]
  /** Extra rules for a write to `/status`; `validate` does not run there. */
  validateStatus?(object: T, old: T): Iterable<Cause>
  /** Before validation of a create: drops what a creator may not set (status), sets what the server decides. */
  prepareForCreate?(object: T): T
  /** Before validation of an update: restores what this endpoint may not change. */
  prepareForUpdate?(object: T, old: T): T
  /** `Warning:` headers that a write of this object earns, such as deprecations. */
  warnings?(object: T, old?: T): Iterable<string>
  /** Whether a change of spec bumps `metadata.generation` (the default), or the kind has none (`ConfigMap`). */
  readonly generation?: 'spec' | 'none'
  /** An update of a missing object creates it (Lease, Endpoints, …). */
  readonly createOnUpdate?: boolean
  /** Seconds of grace when a delete names none; 30 for pods. Absent: deletion is immediate. */
  gracePeriodSeconds?(object: T): number

  readonly columns?: readonly Column<T>[]
  /** Fields that field selectors may name besides `metadata.name` and `metadata.namespace`. */
  readonly selectableFields?: readonly SelectableField<T>[]

  /**
   * Set on a version that is not the stored one: reads pass through `decode`, writes through `encode`.
   * HorizontalPodAutoscaler v1 is stored as v2; events.k8s.io Events as core Events.
   */
  readonly storedAs?: {
    readonly kind: Kind
    encode(object: T): ApiObject
    decode(stored: ApiObject): T
  }
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

export const VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

export interface Subresource<T extends ApiObject = ApiObject> {
  /** `status`, `scale`, `log`, `eviction`, … */
  readonly name: string
  readonly verbs: readonly ('create' | 'get' | 'patch' | 'update')[]
  /** The kind in its bodies where it is not the parent's own: `scale` speaks autoscaling/v1 Scale. */
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  /** Only for `scale`: where in the parent the counts and the selector stand, as JSON paths such as `.spec.replicas`. */
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector?: string }
  /** Where an update through it may change other things than an update of the object: instead of the kind's own. */
  prepareForUpdate?(object: T, old: T): T
  /** The rules for an update through it, instead of the kind's own. */
  validate?(object: T, old: T): Iterable<Cause>
}

/** `path` as in a field selector, such as `spec.nodeName`; an absent value reads as the empty string. */
export interface SelectableField<T extends ApiObject = ApiObject> {
  readonly path: string
  value(object: T): string
}

/** A column of `kubectl get`. `cell` returns what is printed: a string, or a number for `type: integer`. */
export interface Column<T extends ApiObject = ApiObject> {
  readonly name: string
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format?: string
  readonly description?: string
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority?: number
  /** `now` is in milliseconds since the epoch: ages are computed by the server's clock. */
  cell(object: T, now: number): string | number | boolean | null
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
}

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** The kind whose bytes the store keeps for this one: itself, or what it is stored as. */
export function storageKindOf(kind: Kind): Kind {
  return kind.storedAs?.kind ?? kind
}

/** What the bodies of a subresource are, where they are not of the kind itself: a Scale, an Eviction. */
export function subresourceKindOf(
  kind: Kind,
  subresource: string | undefined,
): { readonly group: string; readonly version: string; readonly kind: string } | undefined {
  const view = kind.subresources?.find(({ name }) => name === subresource)
  if (view?.kind === undefined) return undefined
  return { group: view.group ?? '', version: view.version ?? kind.version, kind: view.kind }
}
