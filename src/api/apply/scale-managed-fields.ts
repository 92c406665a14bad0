import type { ManagedFieldsEntry } from '../object.ts'
import { difference, fieldSetOf, hasPath, isEmptySet } from './field-set.ts'
import { readManaged, writeManaged } from './managed-entries.ts'
import type { VersionedSet } from './managers.ts'
import { fieldElement, type Path } from './path-element.ts'

/**
 * A Scale shows the replicas of another object, and so who owns them. Both directions, after
 * k8s.io/apimachinery pkg/util/managedfields/scalehandler.go. `replicas` says, by API version, where an object has them.
 */
export type ReplicasPaths = ReadonlyMap<string, Path>

const SCALE_VERSION = 'autoscaling/v1'
const SCALE_REPLICAS: Path = [fieldElement('spec'), fieldElement('replicas')]

/** The entries of a Scale: of the object's managers those that own its replicas. */
export function entriesOfScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  replicas: ReplicasPaths,
): readonly ManagedFieldsEntry[] | undefined {
  const { managers, times } = readManaged(parent)
  const owners = new Map<string, VersionedSet>()
  for (const [key, owned] of managers) {
    const path = replicas.get(owned.version)
    if (path === undefined || !hasPath(owned.set, path)) continue
    owners.set(key, { set: fieldSetOf([SCALE_REPLICAS]), version: SCALE_VERSION, applied: owned.applied })
  }
  return writeManaged({ managers: owners, times })
}

/** The object's entries after its Scale was written: who lost the replicas there loses them here. */
export function entriesOfParent(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  { replicas, apiVersion }: { readonly replicas: ReplicasPaths; readonly apiVersion: string },
): readonly ManagedFieldsEntry[] | undefined {
  const before = readManaged(parent)
  const scaled = readManaged(scale)
  const managers = new Map<string, VersionedSet>()
  const times = new Map(before.times)
  const kept = new Set<string>()
  for (const [key, owned] of before.managers) {
    if (!replicas.has(owned.version)) continue
    const path = replicas.get(owned.version)
    if (path === undefined || !hasPath(owned.set, path)) managers.set(key, owned)
    else if (scaled.managers.has(key)) {
      managers.set(key, owned)
      kept.add(key)
    } else {
      const set = difference(owned.set, fieldSetOf([path]))
      if (!isEmptySet(set)) managers.set(key, { ...owned, set })
    }
  }
  const path = replicas.get(apiVersion)
  for (const [key, owned] of scaled.managers) {
    if (kept.has(key) || path === undefined || !hasPath(owned.set, SCALE_REPLICAS)) continue
    managers.set(key, { set: fieldSetOf([path]), version: apiVersion, applied: owned.applied })
    const time = scaled.times.get(key)
    if (time !== undefined) times.set(key, time)
  }
  return writeManaged({ managers, times }, parent)
}
