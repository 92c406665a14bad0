import type { ManagedFieldsEntry } from '../object.ts'
import type { FieldSet } from './field-set.ts'
import { intern, readFieldSet } from './field-set-text.ts'
import type { Managers, VersionedSet } from './managers.ts'
import { PathElementError } from './path-element.ts'

/** Who owns what and since when: `metadata.managedFields`, read. */
export interface Managed {
  readonly managers: Managers
  readonly times: ReadonlyMap<string, string>
  /** The list that it was read from. */
  readonly entries?: readonly ManagedFieldsEntry[]
}

export const NOBODY: Managed = { managers: new Map(), times: new Map() }

/** What makes a manager the same one again: for appliers the version does not count. */
export interface ManagerIdentity {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource?: string | undefined
}

/** managedFields cannot be read; the message is upstream's. */
export class ManagedFieldsError extends Error {
  override readonly name = 'ManagedFieldsError'
}

/** The key of a manager, in upstream's form, by which it sorts managers of equal age. */
export function managerKey({ manager, operation, apiVersion, subresource = '' }: ManagerIdentity): string {
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  })
}

export function parseManagerKey(key: string): Partial<ManagerIdentity> {
  const known = identities.get(key)
  if (known !== undefined) return known
  if (identities.size >= IDENTITIES_MAX) identities.clear()
  const identity = JSON.parse(key) as Partial<ManagerIdentity>
  identities.set(key, identity)
  return identity
}

/** Throws a `ManagedFieldsError` or a `PathElementError`. */
export function readManaged(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  if (entries === undefined || entries.length === 0) return NOBODY
  const known = lists.get(entries)
  if (known !== undefined) return known
  const managers = new Map<string, VersionedSet>()
  const times = new Map<string, string>()
  for (const [index, entry] of entries.entries()) {
    const { key, owned } = readEntry(entry, index)
    managers.set(key, owned)
    if (entry.time === undefined) times.delete(key)
    else times.set(key, entry.time)
  }
  return { managers, times, entries }
}

/** Keeps what a list says, where many objects have that very list. */
export function remember(entries: readonly ManagedFieldsEntry[], managed: Managed): void {
  lists.set(entries, { ...managed, entries })
}

/** As entries, in upstream's order. Entries of `known` that say the same are used again, and so is the whole list. */
export function writeManaged(
  { managers, times }: Managed,
  known: readonly ManagedFieldsEntry[] = [],
): readonly ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  const knownByKey = new Map(known.map((entry, index) => [keyIfReadable(entry, index), entry]))
  const entries = [...managers].map(([key, owned]) => {
    const before = knownByKey.get(key)
    const set = intern(owned.set)
    const time = times.get(key)
    if (before !== undefined && saysSame(before, set, owned.version, time)) return before
    return newEntry(key, owned.set === set ? owned : { ...owned, set }, time)
  })
  entries.sort(compareEntries)
  const same = entries.length === known.length && entries.every((entry, index) => entry === known[index])
  return same ? known : entries
}

const SECOND_MS = 1000
/** There are as many as programs that write. */
const IDENTITIES_MAX = 1_000
const identities = new Map<string, Partial<ManagerIdentity>>()
const lists = new WeakMap<readonly ManagedFieldsEntry[], Managed>()
const read = new WeakMap<ManagedFieldsEntry, { readonly key: string; readonly owned: VersionedSet }>()

/** Entries are immutable, and each write reads all that are there. */
function readEntry(entry: ManagedFieldsEntry, index: number): { readonly key: string; readonly owned: VersionedSet } {
  const before = read.get(entry)
  if (before !== undefined) return before
  const { manager = '', operation, apiVersion = '', fieldsType = '', fieldsV1 = {}, subresource } = entry
  if (operation !== 'Apply' && operation !== 'Update') {
    throw new ManagedFieldsError('operation must be `Apply` or `Update`')
  }
  if (apiVersion === '') throw new ManagedFieldsError('apiVersion must not be empty')
  if (fieldsType === '') throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${index}`)
  if (fieldsType !== 'FieldsV1') {
    throw new ManagedFieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
  }
  const found = {
    key: managerKey({ manager, operation, apiVersion, subresource }),
    owned: { set: readFieldSet(fieldsV1), version: apiVersion, applied: operation === 'Apply' },
  }
  read.set(entry, found)
  return found
}

function keyIfReadable(entry: ManagedFieldsEntry, index: number): string | undefined {
  try {
    return readEntry(entry, index).key
  } catch (failure) {
    if (failure instanceof ManagedFieldsError || failure instanceof PathElementError) return undefined
    throw failure
  }
}

function saysSame(entry: ManagedFieldsEntry, set: FieldSet, version: string, time: string | undefined): boolean {
  return (
    entry.apiVersion === version &&
    entry.time === time &&
    entry.fieldsV1 !== undefined &&
    readFieldSet(entry.fieldsV1) === set
  )
}

function newEntry(key: string, owned: VersionedSet, time: string | undefined): ManagedFieldsEntry {
  const { set, version } = owned
  const { manager, operation, subresource } = parseManagerKey(key)
  const entry = {
    ...(manager === undefined ? {} : { manager }),
    ...(operation === undefined ? {} : { operation }),
    apiVersion: version,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: set,
    ...(subresource === undefined ? {} : { subresource }),
  }
  read.set(entry, { key, owned })
  return entry
}

function compareEntries(left: ManagedFieldsEntry, right: ManagedFieldsEntry): number {
  return (
    compareText(left.operation, right.operation) ||
    secondsOf(left.time) - secondsOf(right.time) ||
    compareText(left.manager, right.manager) ||
    compareText(left.apiVersion, right.apiVersion) ||
    compareText(left.subresource, right.subresource)
  )
}

export function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / SECOND_MS)
}

function compareText(left = '', right = ''): number {
  return left < right ? -1 : left > right ? 1 : 0
}
