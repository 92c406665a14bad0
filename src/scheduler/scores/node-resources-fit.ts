import type { ScoringStrategy } from '../config.ts'
import { SCORE_MAX, type ScorePlugin } from '../plugin.ts'
import { type ResourceReader, resourceReaders } from './resource-amounts.ts'

/** The largest score in a RequestedToCapacityRatio shape (pkg/scheduler/apis/config/types.go). */
const SHAPE_SCORE_MAX = 10
const UTILIZATION_MAX = 100

/** Prefers emptier nodes, or fuller ones, or those of a given utilization, as the profile says. */
export const nodeResourcesFitScore: ScorePlugin = {
  name: 'NodeResourcesFit',
  isLocal: true,
  prepare({ shape }, { cluster, args: { NodeResourcesFit: args } }) {
    const { type = 'LeastAllocated', resources = DEFAULT_RESOURCES } = args.scoringStrategy
    const readers = resourceReaders(resources, shape.resources, { table: cluster.table, nonZero: true })
    switch (type) {
      case 'LeastAllocated':
        return { score: (row) => weightedMean(readers, row, leastAllocated) }
      case 'MostAllocated':
        return { score: (row) => weightedMean(readers, row, mostAllocated) }
      case 'RequestedToCapacityRatio': {
        const rate = ratioFunction(args.scoringStrategy)
        return { score: (row) => roundedMean(readers, row, rate) }
      }
    }
  },
}

const DEFAULT_RESOURCES = [{ name: 'cpu' }, { name: 'memory' }]

type Rate = (requested: number, allocatable: number) => number

function leastAllocated(requested: number, allocatable: number): number {
  if (requested > allocatable) return 0
  return Math.trunc(((allocatable - requested) * SCORE_MAX) / allocatable)
}

/** More than the node has counts as all of it: containers without requests are counted with some. */
function mostAllocated(requested: number, allocatable: number): number {
  return Math.trunc((Math.min(requested, allocatable) * SCORE_MAX) / allocatable)
}

function weightedMean(readers: readonly ResourceReader[], row: number, rate: Rate): number {
  let sum = 0
  let weights = 0
  for (const reader of readers) {
    const allocatable = reader.allocatable(row)
    if (allocatable === 0) continue
    sum += rate(reader.requested(row), allocatable) * reader.weight
    weights += reader.weight
  }
  return weights === 0 ? 0 : Math.trunc(sum / weights)
}

/** noderesources/requested_to_capacity_ratio.go: resources that score nothing are left out of the mean. */
function roundedMean(readers: readonly ResourceReader[], row: number, rate: Rate): number {
  let sum = 0
  let weights = 0
  for (const reader of readers) {
    const allocatable = reader.allocatable(row)
    if (allocatable === 0) continue
    const score = rate(reader.requested(row), allocatable)
    if (score <= 0) continue
    sum += score * reader.weight
    weights += reader.weight
  }
  return weights === 0 ? 0 : Math.round(sum / weights)
}

/** Straight lines between the points of the shape. */
function ratioFunction({ requestedToCapacityRatio }: ScoringStrategy): Rate {
  const points = (requestedToCapacityRatio?.shape ?? []).map(({ utilization, score }) => ({
    utilization,
    score: score * (SCORE_MAX / SHAPE_SCORE_MAX),
  }))
  const scoreAt = (utilization: number): number => {
    let before: (typeof points)[number] | undefined
    for (const point of points) {
      if (utilization <= point.utilization) {
        if (before === undefined) return point.score
        const rise = (point.score - before.score) * (utilization - before.utilization)
        return before.score + Math.trunc(rise / (point.utilization - before.utilization))
      }
      before = point
    }
    return before?.score ?? 0
  }
  return (requested, allocatable) =>
    requested > allocatable
      ? scoreAt(UTILIZATION_MAX)
      : scoreAt(Math.trunc((requested * UTILIZATION_MAX) / allocatable))
}
