import type { NodeTable } from '../node-table.ts'
import type { PodResources } from '../resources.ts'

/** Amounts of one resource, read again and again for different nodes. */
export interface ResourceReader {
  readonly weight: number
  allocatable(row: number): number
  /** With the pod, if it went there. */
  requested(row: number): number
}

/**
 * Readers of those resources that count: extended ones only if the pod asks for them. `nonZero`: containers that leave
 * out CPU or memory count as if they asked for a little (noderesources/resource_allocation.go).
 */
export function resourceReaders(
  resources: readonly { readonly name: string; readonly weight?: number }[],
  pod: PodResources,
  { table, nonZero }: { table: NodeTable; nonZero: boolean },
): ResourceReader[] {
  const readers: ResourceReader[] = []
  for (const { name, weight = 1 } of resources) {
    const reader = readerOf(name, pod, { table, nonZero })
    if (reader !== undefined) readers.push({ ...reader, weight })
  }
  return readers
}

function readerOf(
  name: string,
  pod: PodResources,
  { table, nonZero }: { table: NodeTable; nonZero: boolean },
): Omit<ResourceReader, 'weight'> | undefined {
  switch (name) {
    case 'cpu': {
      const asked = nonZero ? pod.nonZeroMilliCpu : pod.milliCpu
      return {
        allocatable: (row) => table.allocatableMilliCpu[row] ?? 0,
        requested: (row) => ((nonZero ? table.nonZeroMilliCpu : table.requestedMilliCpu)[row] ?? 0) + asked,
      }
    }
    case 'memory': {
      const asked = nonZero ? pod.nonZeroMemory : pod.memory
      return {
        allocatable: (row) => table.allocatableMemory[row] ?? 0,
        requested: (row) => ((nonZero ? table.nonZeroMemory : table.requestedMemory)[row] ?? 0) + asked,
      }
    }
    case 'ephemeral-storage':
      return {
        allocatable: (row) => table.allocatableStorage[row] ?? 0,
        requested: (row) => (table.requestedStorage[row] ?? 0) + pod.ephemeralStorage,
      }
    default: {
      const asked = pod.scalars.get(name) ?? 0
      if (asked === 0) return undefined
      const { allocatable, requested } = table.scalar(name)
      return {
        allocatable: (row) => allocatable.get(row) ?? 0,
        requested: (row) => (requested.get(row) ?? 0) + asked,
      }
    }
  }
}
