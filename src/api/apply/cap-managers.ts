import { union } from './field-set.ts'
import { managerKey, secondsOf, type Managed } from './managed-entries.ts'

/** k8s.io/apimachinery pkg/util/managedfields/internal/fieldmanager.go */
export const UPDATE_MANAGERS_MAX = 10
const ANCIENT_CHANGES = 'ancient-changes'

/** Unites the oldest managers that update until few enough are left, those of one version in one entry. */
export function capUpdateManagers(managed: Managed): Managed {
  if (managed.managers.size <= UPDATE_MANAGERS_MAX) return managed
  const updaters = [...managed.managers].filter(([, { applied }]) => !applied).map(([key]) => key)
  if (updaters.length <= UPDATE_MANAGERS_MAX) return managed
  const managers = new Map(managed.managers)
  const times = new Map(managed.times)
  const byAge = updaters.toSorted(
    (left, right) => secondsOf(times.get(left)) - secondsOf(times.get(right)) || (left < right ? -1 : 1),
  )
  const firstOfVersion = new Map<string, string>()
  let count = updaters.length
  for (const key of byAge) {
    if (count <= UPDATE_MANAGERS_MAX) break
    const owned = managers.get(key)
    if (owned === undefined) continue
    const first = firstOfVersion.get(owned.version)
    if (first === undefined) {
      firstOfVersion.set(owned.version, key)
      continue
    }
    const bucket = managerKey({ manager: ANCIENT_CHANGES, operation: 'Update', apiVersion: owned.version })
    const united = managers.get(bucket) ?? managers.get(first)
    if (!managers.has(bucket)) managers.delete(first)
    managers.delete(key)
    managers.set(bucket, { ...owned, set: united === undefined ? owned.set : union(owned.set, united.set) })
    const time = times.get(key)
    if (time === undefined) times.delete(bucket)
    else times.set(bucket, time)
    count--
  }
  return { managers, times }
}
