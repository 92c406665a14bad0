import type { Random } from '../world/random.ts'
import type { Cluster } from './cluster.ts'
import type { PodInfo } from './pod-info.ts'
import { Hypothesis } from './hypothesis.ts'
import type { Nominator } from './nominator.ts'
import type { PluginContext } from './plugin.ts'
import { firstRefusal, preparePod, type PreparedPod } from './prepared-pod.ts'
import type { Profile } from './profile.ts'
import type { PluginName } from './plugin-names.ts'
import { type Refusal, unresolvable } from './refusal.ts'
import { type ShapeAnswers, ShapeMemory } from './shape-memory.ts'

/** Clusters smaller than this are looked at in full, and no fewer nodes are scored (pkg/scheduler/schedule_one.go). */
const FEASIBLE_MIN = 100
const FEASIBLE_PERCENT_MIN = 5

export interface Placement {
  readonly row: number
  readonly node: string
  /** How many nodes the rules left, of those that were looked at. */
  readonly feasible: number
}

/** No node will have the pod. */
export interface Refused {
  /** By row; nodes that are not in it were not asked. */
  readonly refusals: ReadonlyMap<number, Refusal>
  /** What holds for all nodes that were not asked. */
  readonly others: Refusal | undefined
  /** The refusal came before nodes were looked at, and is printed alone. */
  readonly beforehand: Refusal | undefined
  readonly prepared: PreparedPod | undefined
  /** Plugins that left only some nodes in question. */
  readonly narrowedBy: readonly PluginName[]
  readonly nodeCount: number
}

/** Finds the node for a pod: filters, scores, and a die where scores are level. */
export class Evaluator {
  readonly #profile: Profile
  readonly #context: PluginContext
  readonly #nominator: Nominator
  readonly #random: Random
  readonly #memory: ShapeMemory
  #feasible = new Int32Array(0)
  #scores = new Float64Array(0)
  #totals = new Float64Array(0)
  readonly #refusals: (Refusal | undefined)[] = []
  /** Where to begin in the order of nodes, so that all of a large cluster get their turn. */
  #start = 0

  constructor(options: { profile: Profile; context: PluginContext; nominator: Nominator; random: Random }) {
    this.#profile = options.profile
    this.#context = options.context
    this.#nominator = options.nominator
    this.#random = options.random
    this.#memory = new ShapeMemory(options.profile)
  }

  find(pod: PodInfo): Placement | Refused {
    const { cluster } = this.#context
    const nodeCount = cluster.nodeCount
    const prepared = preparePod(pod, this.#profile, this.#context)
    if ('refusal' in prepared) {
      const { refusal } = prepared
      const none = { refusals: new Map<number, Refusal>(), others: refusal, prepared: undefined }
      return { ...none, beforehand: refusal, narrowedBy: prepared.narrowedBy, nodeCount }
    }
    this.#makeRoom(cluster)
    const answers = this.#memory.of(pod, prepared.filters.slice(0, prepared.localCount), this.#context)
    const nominated = this.#nominatedRow(pod)
    if (nominated !== undefined && this.#check(prepared, answers, nominated) === undefined) {
      return placement(cluster, nominated, 1)
    }
    const candidates = candidateRows(prepared, cluster)
    const { count, looked } = this.#filter(prepared, answers, candidates)
    this.#start = (this.#start + looked) % Math.max(1, nodeCount)
    if (count === 0) {
      const { narrowedBy } = prepared
      const refusals = this.#refusalsOf(candidates)
      return { refusals, others: othersOf(prepared), beforehand: undefined, prepared, narrowedBy, nodeCount }
    }
    if (count === 1) return placement(cluster, this.#feasible[0] ?? 0, 1)
    return placement(cluster, this.#best(pod, answers, count), count)
  }

  /** Fills `#feasible` until there are enough. */
  #filter(
    prepared: PreparedPod,
    answers: ShapeAnswers | undefined,
    candidates: Int32Array,
  ): { count: number; looked: number } {
    const total = candidates.length
    const { settings, scores } = this.#profile
    const wanted = scores.length === 0 ? 1 : feasibleToFind(settings.percentageOfNodesToScore, total)
    const feasible = this.#feasible
    const refusals = this.#refusals
    let count = 0
    let looked = 0
    for (let place = this.#start % Math.max(1, total); looked < total && count < wanted; looked++) {
      const row = candidates[place] as number
      const refusal = this.#check(prepared, answers, row)
      refusals[row] = refusal
      if (refusal === undefined) feasible[count++] = row
      if (++place === total) place = 0
    }
    return { count, looked }
  }

  /** Only for those that were all looked at: other entries are of earlier pods. */
  #refusalsOf(rows: Int32Array): Map<number, Refusal> {
    const found = new Map<number, Refusal>()
    for (const row of rows) {
      const refusal = this.#refusals[row]
      if (refusal !== undefined) found.set(row, refusal)
    }
    return found
  }

  /** A pod must fit beside pods that were promised room on the node, and without them: they may never come. */
  #check(prepared: PreparedPod, answers: ShapeAnswers | undefined, row: number): Refusal | undefined {
    if (!this.#nominator.isEmpty) {
      const { cluster } = this.#context
      const ahead = this.#nominator.aheadOf(prepared.pod, cluster.nodeAt(row).name)
      if (ahead.length > 0) return checkBeside(ahead, { prepared, cluster, row })
    }
    if (answers === undefined) return firstRefusal(prepared.filters, row)
    const refusal = answers.refusal(row)
    if (refusal !== undefined) return refusal
    const { filters, localCount } = prepared
    for (let index = localCount; index < filters.length; index++) {
      const other = filters[index]?.check(row)
      if (other !== undefined) return other
    }
    return undefined
  }

  #best(pod: PodInfo, answers: ShapeAnswers | undefined, count: number): number {
    const rows = this.#feasible.subarray(0, count)
    const totals = this.#totals.subarray(0, count).fill(0)
    const scores = this.#scores.subarray(0, count)
    const { scores: plugins } = this.#profile
    for (let index = 0; index < plugins.length; index++) {
      const { plugin, weight } = plugins[index] as (typeof plugins)[number]
      const remembered = plugin.isLocal ? answers : undefined
      const scorer = remembered === undefined ? plugin.prepare(pod, this.#context, rows) : remembered.scorers[index]
      if (scorer === undefined) continue
      if (remembered !== undefined) remembered.scores(index, rows, scores)
      else for (let place = 0; place < count; place++) scores[place] = scorer.score(rows[place] as number)
      scorer.normalize?.(scores, rows)
      for (let place = 0; place < count; place++) {
        totals[place] = (totals[place] as number) + weight * (scores[place] as number)
      }
    }
    return rows[this.#pick(totals)] as number
  }

  /** The place of the largest total; the dice decide between equals. */
  #pick(totals: Float64Array): number {
    let most = Number.NEGATIVE_INFINITY
    let ties = 0
    let first = 0
    for (let place = 0; place < totals.length; place++) {
      const total = totals[place] as number
      if (total > most) {
        most = total
        ties = 1
        first = place
      } else if (total === most) ties++
    }
    if (ties === 1) return first
    let skip = this.#random.below(ties)
    let place = first
    while (totals[place] !== most || skip-- > 0) place++
    return place
  }

  #nominatedRow(pod: PodInfo): number | undefined {
    const name = pod.pod.status?.nominatedNodeName ?? ''
    return name === '' ? undefined : this.#context.cluster.node(name)?.row
  }

  #makeRoom({ table: { capacity } }: Cluster): void {
    if (this.#feasible.length >= capacity) return
    this.#feasible = new Int32Array(capacity)
    this.#scores = new Float64Array(capacity)
    this.#totals = new Float64Array(capacity)
  }
}

/** `RunFilterPluginsWithNominatedPods`, for a node that has some. */
export function checkBeside(
  ahead: readonly PodInfo[],
  { prepared, cluster, row }: { prepared: PreparedPod; cluster: Cluster; row: number },
): Refusal | undefined {
  const hypothesis = new Hypothesis(cluster, prepared.filters, row)
  for (const pod of ahead) hypothesis.add(pod)
  const refusal = firstRefusal(prepared.filters, row)
  hypothesis.undo()
  return refusal ?? firstRefusal(prepared.filters, row)
}

/** After how many feasible nodes the search may end; 0 per cent: the fewer the larger the cluster. */
export function feasibleToFind(percentage: number, nodes: number): number {
  if (nodes < FEASIBLE_MIN) return nodes
  const percent =
    percentage === 0 ? Math.max(FEASIBLE_PERCENT_MIN, 50 - Math.trunc(nodes / 125)) : Math.min(100, percentage)
  return Math.max(FEASIBLE_MIN, Math.trunc((nodes * percent) / 100))
}

export function candidateRows({ nodeNames }: PreparedPod, cluster: Cluster): Int32Array {
  if (nodeNames === undefined) return cluster.order()
  const rows = [...nodeNames].toSorted().flatMap((name) => cluster.node(name)?.row ?? [])
  return Int32Array.from(rows)
}

function othersOf({ narrowedBy, nodeNames }: PreparedPod): Refusal | undefined {
  if (nodeNames === undefined) return undefined
  return unresolvable('', `node(s) didn't satisfy plugin(s) [${narrowedBy.toSorted().join(' ')}]`)
}

function placement(cluster: Cluster, row: number, feasible: number): Placement {
  return { row, node: cluster.nodeAt(row).name, feasible }
}
