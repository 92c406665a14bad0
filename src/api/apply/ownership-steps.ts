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
  /** What this led to the last time: objects that are written together share their entries. */
  last?: { readonly times: Managed['times']; readonly time: string; readonly entries: readonly ManagedFieldsEntry[] }
}

/** There are some for each node of a large cluster, whose leases and statuses are owned like no others. */
const STEPS_MAX = 5_000

/**
 * What followed from changes before. Controllers and nodes write the same few changes to the same few kinds of owners
 * over and over; each is thought through once.
 */
export class OwnershipSteps {
  readonly #steps = new Map<Comparison, Map<Managers, { readonly key: string; readonly step: OwnershipStep }>>()
  /** How many were remembered since all were forgotten. */
  #count = 0

  get(managers: Managers, comparison: Comparison, key: string): OwnershipStep | undefined {
    const known = this.#steps.get(comparison)?.get(managers)
    return known?.key === key ? known.step : undefined
  }

  remember(managers: Managers, comparison: Comparison, key: string, step: OwnershipStep): void {
    if (this.#count++ >= STEPS_MAX) {
      this.#steps.clear()
      this.#count = 0
    }
    let byManagers = this.#steps.get(comparison)
    if (byManagers === undefined) this.#steps.set(comparison, (byManagers = new Map()))
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
  return { managers: isSame ? before : managers, takes }
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
  const { managers, takes, last } = step
  if (managers.size === 0) return undefined
  if (!takes && managers === before.managers && before.entries === known) return known
  if (last?.time === time && isSameTimes(last.times, before.times)) return last.entries
  const times = takes ? new Map(before.times).set(key, time) : before.times
  const managed = capUpdateManagers({ managers, times })
  const entries = writeManaged(managed, known)
  if (entries === undefined || managed.managers !== managers) return entries
  step.last = { times: before.times, time, entries }
  remember(entries, { managers, times })
  return entries
}

function isSameTimes(left: Managed['times'], right: Managed['times']): boolean {
  if (left === right) return true
  if (left.size !== right.size) return false
  for (const [manager, time] of left) if (right.get(manager) !== time) return false
  return true
}
