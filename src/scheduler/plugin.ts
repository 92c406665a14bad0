import type { Cluster } from './cluster.ts'
import type { PodInfo } from './pod-info.ts'
import type { PluginArgs } from './config.ts'
import type { Objects } from './objects.ts'
import type { PluginName } from './plugin-names.ts'
import type { Refusal } from './refusal.ts'
import type { VolumeAssumptions } from './volumes/assumptions.ts'

/** What plugins decide from. They only read. */
export interface PluginContext {
  readonly cluster: Cluster
  readonly objects: Objects
  readonly volumes: VolumeAssumptions
  readonly args: PluginArgs
}

/**
 * A rule about where a pod may run. `prepare` looks at the pod once (PreFilter); what it returns is asked about nodes.
 */
export interface FilterPlugin {
  readonly name: PluginName
  /**
   * The answer about a node follows from the pod's shape and from that node alone, so that it may be remembered until
   * the node changes.
   */
  readonly isLocal: boolean
  /** `undefined`: the rule has nothing to say about this pod. A refusal is for all nodes. */
  prepare(pod: PodInfo, context: PluginContext): NodeFilter | { readonly refusal: Refusal } | undefined
}

export interface NodeFilter {
  /** No other node comes into question. */
  readonly nodeNames?: ReadonlySet<string>
  check(row: number): Refusal | undefined
  /** A pod is taken off or put on a node for the sake of argument: sums over several nodes follow. */
  podChanged?(pod: PodInfo, row: number, sign: 1 | -1): void
}

/** A preference among the nodes that are left. */
export interface ScorePlugin {
  readonly name: PluginName
  /** The raw score follows from the pod's shape and from the node alone. */
  readonly isLocal: boolean
  /** `undefined`: all nodes get 0. `rows` are those to be scored. */
  prepare(pod: PodInfo, context: PluginContext, rows: Int32Array): NodeScorer | undefined
}

export interface NodeScorer {
  score(row: number): number
  /** Brings raw scores to 0…100, in place. Absent: they are so already. `rows` stand beside `scores`. */
  normalize?(scores: Float64Array, rows: Int32Array): void
}

export const SCORE_MAX = 100

/** Scales to the largest score; `reverse` when the raw score counts what is unwanted (helper/normalize_score.go). */
export function normalizeToMax(scores: Float64Array, reverse: boolean): void {
  let max = 0
  for (let index = 0; index < scores.length; index++) max = Math.max(max, scores[index] as number)
  if (max === 0) {
    if (reverse) scores.fill(SCORE_MAX)
    return
  }
  for (let index = 0; index < scores.length; index++) {
    const scaled = Math.trunc((SCORE_MAX * (scores[index] as number)) / max)
    scores[index] = reverse ? SCORE_MAX - scaled : scaled
  }
}
