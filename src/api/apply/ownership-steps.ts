import type { ManagedFieldsEntry } from '../object.ts'
import { capUpdateManagers } from './cap-managers.ts'
import type { Comparison } from './delta.ts'
import { intern } from './field-set-text.ts'
import { remember, writeManaged, type Managed } from './managed-entries.ts'
import type { Managers, VersionedSet } from './managers.ts'

/** Who owns what after a change, and whether the writer took anything by it: only then does its time move on. */
export interface OwnershipStep {
  readonly managers: Managers
  readonly takes: boolean
  /** The entries that this led to lately, by their times: objects that were written together share them. */
  readonly lists: Map<string, readonly ManagedFieldsEntry[]>
  /** Those of the last time. */
  last?: { readonly times: Managed['times']; readonly time: string; readonly entries: readonly ManagedFieldsEntry[] }
}

const COMPARISONS_MAX = 1_000
const STEPS_MAX = 1_000
const LISTS_MAX = 20

/**
 * What followed from changes before. Controllers and nodes write the same few changes to the same few kinds of owners
 * over and over; each is thought through once.
 */
export class OwnershipSteps {
  readonly #steps = new Map<Comparison, Map<Managers, { readonly key: string; readonly step: OwnershipStep }>>()

  get(managers: Managers, comparison: Comparison, key: string): OwnershipStep | undefined {
    const known = this.#steps.get(comparison)?.get(managers)
    return known?.key === key ? known.step : undefined
  }

  remember(managers: Managers, comparison: Comparison, key: string, step: OwnershipStep): void {
    let byManagers = this.#steps.get(comparison)
    if (byManagers === undefined) {
      if (this.#steps.size >= COMPARISONS_MAX) this.#steps.clear()
      this.#steps.set(comparison, (byManagers = new Map()))
    }
    if (byManagers.size >= STEPS_MAX) byManagers.clear()
    byManagers.set(managers, { key, step })
  }
}

/** The step from `before` to `after`, with what did not change as it was. */
export function ownershipStep(before: Managers, after: Managers, takes: boolean): OwnershipStep {
  let isSame = before.size === after.size
  const managers = new Map<string, VersionedSet>()
  for (const [key, owned] of after) {
    const known = before.get(key)
    const set = intern(owned.set)
    const isKnown = known?.set === set && known.version === owned.version && known.applied === owned.applied
    managers.set(key, isKnown ? known : { ...owned, set })
    isSame &&= isKnown
  }
  return { managers: isSame ? before : managers, takes, lists: new Map() }
}

/** `managedFields` after a step. */
export function entriesAfter(
  step: OwnershipStep,
  before: Managed,
  {
    key,
    time,
    known,
  }: {
    readonly key: string
    readonly time: string
    readonly known: readonly ManagedFieldsEntry[] | undefined
  },
): readonly ManagedFieldsEntry[] | undefined {
  const { managers, takes, lists, last } = step
  if (managers.size === 0) return undefined
  if (!takes && managers === before.managers && before.entries === known) return known
  if (last?.times === before.times && last.time === time) return last.entries
  let signature = ''
  for (const manager of managers.keys()) {
    signature += manager === key && takes ? `${time} ` : `${before.times.get(manager) ?? ''} `
  }
  const shared = lists.get(signature)
  if (shared !== undefined) {
    step.last = { times: before.times, time, entries: shared }
    return shared
  }
  const times = takes ? new Map(before.times).set(key, time) : before.times
  const managed = capUpdateManagers({ managers, times })
  const entries = writeManaged(managed, known)
  if (lists.size >= LISTS_MAX) lists.clear()
  if (entries === undefined || managed.managers !== managers) return entries
  lists.set(signature, entries)
  remember(entries, { managers, times })
  return entries
}
