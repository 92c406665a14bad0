import { badRequest, StatusError } from '../errors.ts'
import { apiVersionOf, type Kind } from '../kind.ts'
import type { ApiObject } from '../object.ts'
import { ApplyConflict, describeConflicts, type Conflict } from './apply-conflict.ts'
import { compareTyped } from './compare.ts'
import { endpointFilters } from './endpoint-filter.ts'
import type { FieldFilter } from './field-filter.ts'
import { difference, fieldSetOf, hasPath, isEmptySet, union, type FieldSet } from './field-set.ts'
import { fieldsOfLastApplied, KUBECTL, withLastApplied } from './last-applied.ts'
import {
  ManagedFieldsError,
  managerKey,
  NOBODY,
  parseManagerKey,
  readManaged,
  writeManaged,
  type Managed,
} from './managed-entries.ts'
import { isOfVersion, type VersionedSet } from './managers.ts'
import { objectShapeOf } from './object-shape.ts'
import { entriesAfter, ownershipStep, OwnershipSteps, type OwnershipStep } from './ownership-steps.ts'
import { fieldElement, PathElementError, printPath } from './path-element.ts'
import type { Shape } from './shape.ts'
import { TypedValueError, type JsonObject, type TypedValue } from './typed-value.ts'
import { Updater } from './updater.ts'
import { validateTyped } from './validate.ts'
import { zeroObject } from './zero-object.ts'

export interface FieldManagerOptions {
  readonly kind: Kind
  readonly subresource?: string | undefined
  /** By version, which fields take part in ownership. The default is what the kind's endpoints are known to reset. */
  readonly filters?: ReadonlyMap<string, FieldFilter>
  /** An object in another version of its kind, or nothing where that is not served. */
  readonly convert?: (
    object: JsonObject,
    apiVersion: string,
  ) => { readonly object: JsonObject; readonly kind: Kind } | undefined
}

export interface WriteOptions {
  /** What the client calls itself: see `managerOf`. */
  readonly manager: string
  /** Now, in RFC 3339, UTC, whole seconds. */
  readonly time: string
}

export interface ApplyOptions extends WriteOptions {
  readonly force?: boolean | undefined
}

/**
 * Keeps `metadata.managedFields` at one endpoint of one kind: who set which field. Make one and keep it.
 * After k8s.io/apimachinery pkg/util/managedfields.
 */
export class FieldManager {
  readonly #kind: Kind
  readonly #apiVersion: string
  readonly #subresource: string
  readonly #updater: Updater
  readonly #steps = new OwnershipSteps()
  readonly #updateKeys = new Map<string, string>()
  readonly #convertObject: FieldManagerOptions['convert']
  /** What is compared with a new object. */
  #zero: ApiObject | undefined

  constructor({ kind, subresource = '', filters, convert }: FieldManagerOptions) {
    this.#kind = kind
    this.#apiVersion = apiVersionOf(kind)
    this.#subresource = subresource
    this.#convertObject = convert
    this.#updater = new Updater({
      convert: (object, version) => this.#convert(object, version),
      filters: filters ?? endpointFilters([kind], subresource),
    })
  }

  /**
   * After a create, an update or a patch led from `live` to `object`; on create there is no `live`. A write that changes
   * nothing leaves managedFields as they are, the very list.
   */
  update<T extends ApiObject>(live: ApiObject | undefined, object: T, options: WriteOptions): T {
    const before = this.#managedBefore(live, object)
    if (before.managers.size === 0 && live !== undefined) return withEntries(object, undefined)
    const key = this.#updateKey(options.manager)
    const known = live?.metadata.managedFields
    try {
      const step = this.#step(live ?? this.#zeroObject(), object, before, key)
      return withEntries(object, entriesAfter(step, before, { key, time: options.time, known }))
    } catch (failure) {
      // An object that its schema does not know is written all the same; who owned what stays as it was.
      if (failure instanceof TypedValueError) return withEntries(object, known)
      throw failure
    }
  }

  /**
   * What `live` becomes when `config` is applied to it. Without `live` that is a new object. Throws a StatusError: 409
   * with the conflicts, 400 or 500 for a configuration that cannot be applied, in upstream's words.
   */
  apply(live: ApiObject | undefined, config: JsonObject, options: ApplyOptions): ApiObject {
    this.#checkConfig(config)
    const { manager, force = false } = options
    const applied = this.#tryApply(live, config, { ...options, force })
    if (!(applied instanceof ApplyConflict)) return applied
    const remaining = manager === KUBECTL ? this.#conflictsWithOthers(live, applied.conflicts) : applied.conflicts
    if (remaining.length > 0) throw conflictStatus(remaining)
    const forced = this.#tryApply(live, config, { ...options, force: true })
    if (forced instanceof ApplyConflict) throw conflictStatus(forced.conflicts)
    return forced
  }

  #tryApply(live: ApiObject | undefined, config: JsonObject, options: ApplyOptions): ApiObject | ApplyConflict {
    const { manager, time, force = false } = options
    const base = live ?? this.#zeroObject()
    const known = live?.metadata.managedFields
    const before = this.#ownersBeforeApply(live, time)
    const key = this.#key(manager, 'Apply')
    const typedConfig = this.#valid(config, 'patch')
    const typedLive = this.#valid(live === undefined ? this.#bare() : withoutEntries(base), 'live')
    let outcome
    try {
      outcome = this.#updater.apply(typedLive, typedConfig, before.managers, { manager: key, force })
    } catch (failure) {
      if (failure instanceof ApplyConflict) return failure
      if (failure instanceof TypedValueError) throw unexpected(failure.message)
      throw failure
    }
    const managers = strip(outcome.managers, key)
    const times = outcome.object === undefined ? before.times : new Map(before.times).set(key, time)
    const entries = writeManaged({ managers, times }, known)
    const isSame = outcome.object === undefined && live !== undefined && entries === known
    const tracked = isSame ? live : withEntries((outcome.object ?? typedLive).value as ApiObject, entries)
    return manager === KUBECTL ? withLastApplied(tracked, config) : tracked
  }

  /** An object that nobody tracked yet belongs to `before-first-apply`. */
  #ownersBeforeApply(live: ApiObject | undefined, time: string): Managed {
    const managed = readOrThrow(live)
    if (managed.managers.size > 0 || live === undefined) return managed
    const key = this.#updateKey('before-first-apply')
    const { managers } = this.#step(this.#zeroObject(), live, NOBODY, key)
    return { managers, times: new Map([[key, time]]) }
  }

  /** Gives what a write changed to its manager. The same change to what has the same owners gives the very same owners. */
  #step(live: ApiObject, object: ApiObject, before: Managed, key: string): OwnershipStep {
    const from = this.#typed(withoutEntries(live, object))
    const to = this.#typed(withoutEntries(object, live))
    const comparison = compareTyped(from.value, to.value, to.shape)
    const known = this.#steps.get(before.managers, comparison, key)
    if (known !== undefined) return known
    const owners = this.#updater.update(from, to, before.managers, { manager: CURRENT, earlier: key, comparison })
    const managers = new Map(strip(owners, CURRENT))
    const current = managers.get(CURRENT)
    managers.delete(CURRENT)
    const previous = managers.get(key)
    if (current !== undefined) {
      managers.set(key, previous === undefined ? current : { ...current, set: union(previous.set, current.set) })
    }
    const step = ownershipStep(before.managers, managers, current !== undefined)
    // What another version has to say of the change depends on more than the change.
    if (isOfVersion(before.managers, this.#apiVersion)) this.#steps.remember(before.managers, comparison, key, step)
    return step
  }

  /** The request's managedFields count at the main endpoint, so that they can be reset; otherwise the live ones do. */
  #managedBefore(live: ApiObject | undefined, object: ApiObject): Managed {
    if (this.#subresource !== '') return readOrNobody(live)
    const given = object.metadata.managedFields
    if (given !== undefined && given !== null && isReset(given)) return NOBODY
    const managed = readOrNobody(object)
    return managed.managers.size > 0 ? managed : readOrNobody(live)
  }

  #conflictsWithOthers(live: ApiObject | undefined, conflicts: readonly Conflict[]): readonly Conflict[] {
    const allowed = live === undefined ? undefined : fieldsOfLastApplied(live, this.#shape)
    return allowed === undefined ? conflicts : conflicts.filter(({ path }) => !hasPath(allowed, path))
  }

  #checkConfig(config: JsonObject): void {
    const { metadata } = config
    const [apiVersion, kind] = [textOf(config['apiVersion']), textOf(config['kind'])]
    if (apiVersion !== this.#apiVersion || kind !== this.#kind.kind) {
      throw badRequest(`invalid object type: ${printKind(apiVersion, kind)}`)
    }
    const entries = (metadata as ApiObject['metadata'] | undefined)?.managedFields ?? null
    if (entries !== null) throw badRequest('metadata.managedFields must be nil')
  }

  #valid(value: JsonObject, what: 'live' | 'patch'): TypedValue {
    try {
      validateTyped(value, this.#shape, { allowDuplicates: what === 'live' })
    } catch (failure) {
      if (!(failure instanceof TypedValueError)) throw failure
      const { namespace = '', name = '' } = (value['metadata'] ?? {}) as Partial<ApiObject['metadata']>
      const about = `${namespace}/${name}; ${printKind(this.#apiVersion, this.#kind.kind)}`
      throw unexpected(`failed to create typed ${what} object (${about}): ${failure.message}`)
    }
    return this.#typed(value)
  }

  #typed(value: JsonObject): TypedValue {
    return { value, shape: this.#shape, version: this.#apiVersion }
  }

  get #shape(): Shape {
    return objectShapeOf(this.#kind.schema())
  }

  #convert(object: TypedValue, version: string): TypedValue | undefined {
    if (object.version === version) return object
    const converted = this.#convertObject?.(object.value as JsonObject, version)
    if (converted === undefined) return undefined
    return { value: converted.object, shape: objectShapeOf(converted.kind.schema()), version }
  }

  #updateKey(manager: string): string {
    const known = this.#updateKeys.get(manager)
    if (known !== undefined) return known
    if (this.#updateKeys.size >= KEYS_MAX) this.#updateKeys.clear()
    const key = this.#key(manager, 'Update')
    this.#updateKeys.set(manager, key)
    return key
  }

  #zeroObject(): ApiObject {
    if (this.#zero === undefined) {
      const zero = this.#kind.custom === true ? {} : zeroObject(this.#kind.schema().definition)
      this.#zero = { ...zero, ...this.#bare() } as unknown as ApiObject
    }
    return this.#zero
  }

  #bare(): JsonObject {
    return { apiVersion: this.#apiVersion, kind: this.#kind.kind, metadata: {} }
  }

  #key(manager: string, operation: 'Apply' | 'Update'): string {
    return managerKey({
      manager: manager === '' ? 'unknown' : manager,
      operation,
      apiVersion: this.#apiVersion,
      subresource: this.#subresource,
    })
  }
}

/** How many managers' keys are kept: there are as many as programs that write. */
const KEYS_MAX = 100

/** Stands for whoever is writing, so that what this one write changed can be told from what they own already. */
const CURRENT = 'current-operation'

/** Fields that are the server's or an object's identity, and so nobody's: internal/stripmeta.go. */
const NEVER_OWNED: FieldSet = fieldSetOf(
  [
    ['apiVersion'],
    ['kind'],
    ['metadata'],
    ['metadata', 'name'],
    ['metadata', 'namespace'],
    ['metadata', 'creationTimestamp'],
    ['metadata', 'selfLink'],
    ['metadata', 'uid'],
    ['metadata', 'clusterName'],
    ['metadata', 'generation'],
    ['metadata', 'managedFields'],
    ['metadata', 'resourceVersion'],
  ].map((path) => path.map(fieldElement)),
)

function strip(managers: ReadonlyMap<string, VersionedSet>, key: string): ReadonlyMap<string, VersionedSet> {
  const owned = managers.get(key)
  if (owned === undefined) return managers
  const set = difference(owned.set, NEVER_OWNED)
  const stripped = new Map(managers)
  if (isEmptySet(set)) stripped.delete(key)
  else stripped.set(key, { ...owned, set })
  return stripped
}

function withEntries<T extends ApiObject>(object: T, managedFields: ReturnType<typeof writeManaged>): T {
  if (object.metadata.managedFields === managedFields) return object
  if (managedFields !== undefined) return { ...object, metadata: { ...object.metadata, managedFields } }
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Entries that both have are no change, and need not be taken away to be compared. */
function withoutEntries(object: ApiObject, other?: ApiObject): JsonObject & ApiObject {
  const known = object.metadata.managedFields
  if (known === undefined || known === other?.metadata.managedFields) return object as JsonObject & ApiObject
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata } as unknown as JsonObject & ApiObject
}

function readOrNobody(object: ApiObject | undefined): Managed {
  try {
    return readManaged(object?.metadata.managedFields)
  } catch (failure) {
    // What cannot be read is as good as not there: upstream starts over rather than refuse the write.
    if (failure instanceof ManagedFieldsError || failure instanceof PathElementError) return NOBODY
    throw failure
  }
}

function readOrThrow(object: ApiObject | undefined): Managed {
  try {
    return readManaged(object?.metadata.managedFields)
  } catch (failure) {
    if (!(failure instanceof ManagedFieldsError || failure instanceof PathElementError)) throw failure
    throw unexpected(`failed to decode managed fields: ${failure.message}`)
  }
}

/** An empty list, or one empty entry, asks to forget who owns what. */
function isReset(entries: NonNullable<ApiObject['metadata']['managedFields']>): boolean {
  const [only] = entries
  return only === undefined || (entries.length === 1 && Object.keys(only).length === 0)
}

/** k8s.io/apimachinery pkg/util/managedfields/internal/conflict.go */
function conflictStatus(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict' as const,
    message: `conflict with ${printManager(manager)}`,
    field: printPath(path),
  }))
  const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`
  const message = `Apply failed with ${count}: ${describeConflicts(conflicts, printManager)}`
  return new StatusError(409, 'Conflict', message, { causes })
}

function printManager(key: string): string {
  const { manager = '', operation, apiVersion = '', subresource = '' } = parseManagerKey(key)
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

/** `apps/v1, Kind=Deployment`; `/v1, Kind=Pod` for the core group. */
function printKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Upstream has no Status for these, and its server answers with 500 and the plain message. */
function unexpected(message: string): StatusError {
  return new StatusError(500, '', message)
}
