import type { NodeTable } from '../node-table.ts'
import type { FilterPlugin } from '../plugin.ts'
import { type Refusal, unresolvable, unschedulable } from '../refusal.ts'
import { isExtendedResource, type PodResources } from '../resources.ts'

/** Gives a node no more pods than it has room for. */
export const nodeResourcesFit: FilterPlugin = {
  name: 'NodeResourcesFit',
  isLocal: true,
  prepare({ shape: { resources } }, { cluster, args: { NodeResourcesFit: args } }) {
    const { table } = cluster
    const scalars = [...resources.scalars].filter(
      ([name, amount]) => amount !== 0 && !isIgnored(name, args.ignoredResources, args.ignoredResourceGroups),
    )
    const known = new Map<string, Refusal>()
    return {
      check(row) {
        if (fitsPlainly(table, row, resources) && scalars.length === 0) return undefined
        const lacks = shortages(table, row, { resources, scalars })
        return lacks.length === 0 ? undefined : refusalOf(lacks, known)
      },
    }
  },
}

function isIgnored(name: string, resources: readonly string[], groups: readonly string[]): boolean {
  if (!isExtendedResource(name)) return false
  return resources.includes(name) || groups.includes(name.slice(0, name.indexOf('/')))
}

function fitsPlainly(table: NodeTable, row: number, wanted: PodResources): boolean {
  const { milliCpu, memory, ephemeralStorage } = wanted
  return (
    (table.podCount[row] ?? 0) + 1 <= (table.allocatablePods[row] ?? 0) &&
    (milliCpu === 0 || milliCpu <= (table.allocatableMilliCpu[row] ?? 0) - (table.requestedMilliCpu[row] ?? 0)) &&
    (memory === 0 || memory <= (table.allocatableMemory[row] ?? 0) - (table.requestedMemory[row] ?? 0)) &&
    (ephemeralStorage === 0 ||
      ephemeralStorage <= (table.allocatableStorage[row] ?? 0) - (table.requestedStorage[row] ?? 0))
  )
}

interface Shortage {
  readonly reason: string
  /** More than the whole node has: nobody's leaving would help. */
  readonly exceedsNode: boolean
}

function shortages(
  table: NodeTable,
  row: number,
  wanted: { resources: PodResources; scalars: readonly (readonly [string, number])[] },
): Shortage[] {
  const { milliCpu, memory, ephemeralStorage } = wanted.resources
  const found: Shortage[] = []
  const ask = (reason: string, amount: number, allocatable: number, requested: number): void => {
    if (amount > 0 && amount > allocatable - requested) found.push({ reason, exceedsNode: amount > allocatable })
  }
  if ((table.podCount[row] ?? 0) + 1 > (table.allocatablePods[row] ?? 0)) {
    found.push({ reason: 'Too many pods', exceedsNode: false })
  }
  ask('Insufficient cpu', milliCpu, table.allocatableMilliCpu[row] ?? 0, table.requestedMilliCpu[row] ?? 0)
  ask('Insufficient memory', memory, table.allocatableMemory[row] ?? 0, table.requestedMemory[row] ?? 0)
  ask(
    'Insufficient ephemeral-storage',
    ephemeralStorage,
    table.allocatableStorage[row] ?? 0,
    table.requestedStorage[row] ?? 0,
  )
  for (const [name, amount] of wanted.scalars) {
    const column = table.scalar(name)
    ask(`Insufficient ${name}`, amount, column?.allocatable[row] ?? 0, column?.requested[row] ?? 0)
  }
  return found
}

/** Few different refusals stand for thousands of nodes. */
function refusalOf(lacks: readonly Shortage[], known: Map<string, Refusal>): Refusal {
  const reasons = lacks.map(({ reason }) => reason)
  const hopeless = lacks.some(({ exceedsNode }) => exceedsNode)
  const key = `${hopeless}${reasons.join()}`
  let refusal = known.get(key)
  if (refusal === undefined) {
    refusal = hopeless ? unresolvable('NodeResourcesFit', ...reasons) : unschedulable('NodeResourcesFit', ...reasons)
    known.set(key, refusal)
  }
  return refusal
}
