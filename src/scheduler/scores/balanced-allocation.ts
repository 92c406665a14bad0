import { SCORE_MAX, type ScorePlugin } from '../plugin.ts'
import { resourceReaders, type ResourceReader } from './resource-amounts.ts'

/** Prefers nodes whose resources would be used to like degrees. Says nothing about pods that ask for nothing. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  isLocal: true,
  prepare({ shape: { resources } }, { cluster, args }) {
    const counted = args.NodeResourcesBalancedAllocation.resources
    if (counted.every(({ name }) => asks(resources, name) === 0)) return undefined
    const readers = resourceReaders(counted, resources, { table: cluster.table, nonZero: false })
    return { score: (row) => balance(readers, row) }
  },
}

function asks(resources: Parameters<typeof resourceReaders>[1], name: string): number {
  if (name === 'cpu') return resources.milliCpu
  if (name === 'memory') return resources.memory
  return name === 'ephemeral-storage' ? resources.ephemeralStorage : (resources.scalars.get(name) ?? 0)
}

/** 100 less the standard deviation of the used fractions (noderesources/balanced_allocation.go). */
function balance(readers: readonly ResourceReader[], row: number): number {
  let sum = 0
  let count = 0
  let first = 0
  let second = 0
  for (const reader of readers) {
    const allocatable = reader.allocatable(row)
    if (allocatable === 0) continue
    const fraction = Math.min(1, reader.requested(row) / allocatable)
    if (count === 0) first = fraction
    else if (count === 1) second = fraction
    sum += fraction
    count++
  }
  const deviation =
    count === 2 ? Math.abs((first - second) / 2) : count > 2 ? deviationOf(readers, row, sum / count) : 0
  return Math.trunc((1 - deviation) * SCORE_MAX)
}

function deviationOf(readers: readonly ResourceReader[], row: number, mean: number): number {
  let squares = 0
  let count = 0
  for (const reader of readers) {
    const allocatable = reader.allocatable(row)
    if (allocatable === 0) continue
    const distance = Math.min(1, reader.requested(row) / allocatable) - mean
    squares += distance * distance
    count++
  }
  return Math.sqrt(squares / count)
}
