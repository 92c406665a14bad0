import type { ManagedFieldsEntry } from '../object.ts'
import { difference, fieldSetOf, hasPath, isEmptySet } from './field-set.ts'
import { managerKey, parseManagerKey, readManaged, writeManaged } from './managed-entries.ts'
import type { VersionedSet } from './managers.ts'
import { fieldElement, type Path } from './path-element.ts'

/**
 * A Scale shows the replicas of another object, and so who owns them. Both directions, after
 * k8s.io/apimachinery pkg/util/managedfields/scalehandler.go. Says, by served API version, where an object has its
 * replicas; nowhere where that version has no scale.
 */
export type ReplicasPaths = ReadonlyMap<string, Path | undefined>

const SCALE_VERSION = 'autoscaling/v1'
const SCALE_REPLICAS: Path = [fieldElement('spec'), fieldElement('replicas')]

/** The entries of a Scale: of the object's managers those that own its replicas. */
export function entriesOfScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  replicas: ReplicasPaths,
): readonly ManagedFieldsEntry[] | undefined {
  const { managers, times } = readManaged(parent)
  const owners = new Map<string, VersionedSet>()
  const ownersTimes = new Map<string, string>()
  for (const [key, owned] of managers) {
    const path = replicas.get(owned.version)
    if (path === undefined || !hasPath(owned.set, path)) continue
    const scaleKey = keyInVersion(key, SCALE_VERSION)
    owners.set(scaleKey, { set: fieldSetOf([SCALE_REPLICAS]), version: SCALE_VERSION, applied: owned.applied })
    const time = times.get(key)
    if (time !== undefined) ownersTimes.set(scaleKey, time)
  }
  return writeManaged({ managers: owners, times: ownersTimes })
}

/**
 * The object's entries after its Scale was written: who lost the replicas there loses them here. As upstream has it, the
 * new owner's entry has no time.
 */
export function entriesOfParent(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  { replicas, apiVersion }: { readonly replicas: ReplicasPaths; readonly apiVersion: string },
): readonly ManagedFieldsEntry[] | undefined {
  const before = readManaged(parent)
  const scaled = readManaged(scale)
  const managers = new Map<string, VersionedSet>()
  const kept = new Set<string>()
  for (const [key, owned] of before.managers) {
    if (!replicas.has(owned.version)) continue
    const path = replicas.get(owned.version)
    if (path === undefined || !hasPath(owned.set, path)) managers.set(key, owned)
    else if (scaled.managers.has(keyInVersion(key, SCALE_VERSION))) {
      managers.set(key, owned)
      kept.add(keyInVersion(key, SCALE_VERSION))
    } else {
      const set = difference(owned.set, fieldSetOf([path]))
      if (!isEmptySet(set)) managers.set(key, { ...owned, set })
    }
  }
  const path = replicas.get(apiVersion)
  for (const [key, owned] of scaled.managers) {
    if (kept.has(key) || path === undefined || !hasPath(owned.set, SCALE_REPLICAS)) continue
    const set = fieldSetOf([path])
    managers.set(keyInVersion(key, apiVersion), { set, version: apiVersion, applied: owned.applied })
  }
  return writeManaged({ managers, times: before.times }, parent)
}

/** The same manager where it speaks another version: of those that update, that is a part of who they are. */
function keyInVersion(key: string, apiVersion: string): string {
  const { manager = '', operation = 'Update', subresource } = parseManagerKey(key)
  return managerKey({ manager, operation, apiVersion, subresource })
}
