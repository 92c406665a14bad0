import { deepEqual } from '../../base/equal.ts'
import { ApplyConflict } from './apply-conflict.ts'
import { compareTyped, type Comparison } from './compare.ts'
import type { Convert } from './convert.ts'
import type { FieldFilter } from './field-filter.ts'
import { difference, intersection, isEmptySet, NO_FIELDS, union, type FieldSet } from './field-set.ts'
import { intern } from './field-set-text.ts'
import type { Managers, VersionedSet } from './managers.ts'
import { mergeTyped } from './merge.ts'
import { prune } from './prune.ts'
import { reconcile } from './reconcile.ts'
import { toFieldSet } from './to-field-set.ts'
import type { TypedValue } from './typed-value.ts'

export interface UpdaterOptions {
  readonly convert: Convert
  /** By version, which fields take part in ownership; all where there is none. */
  readonly filters?: ReadonlyMap<string, FieldFilter>
}

/**
 * Decides who owns what after a write. Three invariants:
 *
 *  1. A field that a write changes belongs to its manager, and to nobody else any more, unless all agree on its value.
 *  2. An apply that would change what another manager owns fails, or takes it by force.
 *  3. What a manager applied before and does not apply now goes, unless another manager owns it too.
 *
 * After structured-merge-diff merge/update.go.
 */
export class Updater {
  readonly #convert: Convert
  readonly #filters: ReadonlyMap<string, FieldFilter>

  constructor({ convert, filters = new Map() }: UpdaterOptions) {
    this.#convert = convert
    this.#filters = filters
  }

  /**
   * After a create, an update or a patch led from `live` to `object`. `earlier` names the entry of the same manager's
   * earlier writes: what is its own already stays there. `comparison` is that of the two, where it is known.
   */
  update(
    live: TypedValue,
    object: TypedValue,
    managers: Managers,
    options: { readonly manager: string; readonly earlier?: string; readonly comparison?: Comparison },
  ): Managers {
    const { manager } = options
    const before = this.#reconcile(live, managers)
    const { managers: others, comparison } = this.#disown(live, object, before, { ...options, force: true })
    const { removed, modified, added } = comparison
    const previous = others.get(manager)?.set ?? NO_FIELDS
    const set = this.#filter(union(union(difference(previous, removed), modified), added), object.version)
    return withSet(others, manager, { set, version: object.version, applied: false })
  }

  /**
   * Merges `config` into `live` and drops what `manager` no longer applies. `object` is absent when that changes nothing.
   * Throws an `ApplyConflict`.
   */
  apply(
    live: TypedValue,
    config: TypedValue,
    managers: Managers,
    { manager, force }: { readonly manager: string; readonly force: boolean },
  ): { readonly object: TypedValue | undefined; readonly managers: Managers } {
    const before = this.#reconcile(live, managers)
    const last = before.get(manager)
    const merged = { ...config, value: mergeTyped(live.value, config.value, live.shape) }
    const set = this.#filter(toFieldSet(config.value, config.shape), config.version)
    const after = new Map(before).set(manager, { set, version: config.version, applied: true })
    const object = prune(merged, { managers: after, last, convert: this.#convert })
    const { managers: owners } = this.#disown(live, object, after, { manager, force })
    return { object: deepEqual(live.value, object.value) ? undefined : object, managers: owners }
  }

  /** Takes from the others what `manager` changed, and what is gone. */
  #disown(
    live: TypedValue,
    object: TypedValue,
    managers: Managers,
    {
      manager,
      earlier,
      force,
      comparison = compareTyped(live.value, object.value, object.shape),
    }: { manager: string; earlier?: string; force: boolean; comparison?: Comparison },
  ): { managers: Managers; comparison: Comparison } {
    const byVersion = new Map([[object.version, this.#filterComparison(comparison, object.version)]])
    const owners = new Map<string, VersionedSet>()
    const conflicts = new Map<string, VersionedSet>()
    for (const [other, owned] of managers) {
      if (other === manager) {
        owners.set(other, owned)
        continue
      }
      const changes = byVersion.get(owned.version) ?? this.#compareIn(owned.version, live, object)
      // A version that is no longer served takes its owners along.
      if (changes === undefined) continue
      byVersion.set(owned.version, changes)
      const taken = other === earlier ? NO_FIELDS : takenBy(changes, owned.set)
      if (!isEmptySet(taken)) conflicts.set(other, { ...owned, set: taken })
      const set = without(without(owned.set, taken), changes.removed)
      owners.set(other, set === owned.set ? owned : { ...owned, set })
    }
    if (!force && conflicts.size > 0) throw ApplyConflict.of(conflicts)
    for (const [name, { set }] of owners) if (isEmptySet(set)) owners.delete(name)
    return { managers: owners, comparison: byVersion.get(object.version) ?? comparison }
  }

  #compareIn(version: string, live: TypedValue, object: TypedValue): Comparison | undefined {
    const liveThen = this.#convert(live, version)
    const objectThen = this.#convert(object, version)
    if (liveThen === undefined || objectThen === undefined) return undefined
    return this.#filterComparison(compareTyped(liveThen.value, objectThen.value, objectThen.shape), version)
  }

  #reconcile(live: TypedValue, managers: Managers): Managers {
    const reconciled = new Map<string, VersionedSet>()
    for (const [manager, owned] of managers) {
      const converted = owned.version === live.version ? live : this.#convert(live, owned.version)
      if (converted === undefined) continue
      const set = reconcile(owned.set, converted.shape)
      reconciled.set(manager, set === owned.set ? owned : { ...owned, set })
    }
    return reconciled
  }

  #filter: (set: VersionedSet['set'], version: string) => VersionedSet['set'] = (set, version) =>
    this.#filters.get(version)?.(set) ?? set

  #filterComparison({ removed, modified, added }: Comparison, version: string): Comparison {
    const filter = this.#filters.get(version)
    if (filter === undefined) return { removed, modified, added }
    return { removed: filter(removed), modified: filter(modified), added: filter(added) }
  }
}

/** What is left of a set. Many objects have the same set, and lose the same by the same change. */
function without(set: FieldSet, lost: FieldSet): FieldSet {
  if (isEmptySet(lost)) return set
  const known = losses.get(set)
  if (known?.lost === lost) return known.rest
  const rest = intern(difference(set, lost))
  losses.set(set, { lost, rest })
  return rest
}

const losses = new WeakMap<FieldSet, { readonly lost: FieldSet; readonly rest: FieldSet }>()

/** What of a set a change gave other values. */
function takenBy({ modified, added }: Comparison, set: FieldSet): FieldSet {
  return union(intersection(set, modified), intersection(set, added))
}

function withSet(managers: Managers, manager: string, owned: VersionedSet): Managers {
  const after = new Map(managers)
  if (isEmptySet(owned.set)) after.delete(manager)
  else after.set(manager, owned)
  return after
}
