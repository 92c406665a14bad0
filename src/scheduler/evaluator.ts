import type { Random } from '../world/random.ts'
import type { Cluster, PodInfo } from './cluster.ts'
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
    const refusals = new Map<number, Refusal>()
    const count = this.#filter(prepared, answers, { candidates, refusals })
    this.#start = (this.#start + count + refusals.size) % Math.max(1, nodeCount)
    if (count === 0) {
      const { narrowedBy } = prepared
      return { refusals, others: othersOf(prepared), beforehand: undefined, prepared, narrowedBy, nodeCount }
    }
    if (count === 1) return placement(cluster, this.#feasible[0] ?? 0, 1)
    return placement(cluster, this.#best(pod, answers, count), count)
  }

  /** Fills `#feasible` until there are enough; returns how many. */
  #filter(
    prepared: PreparedPod,
    answers: ShapeAnswers | undefined,
    { candidates, refusals }: { candidates: Int32Array; refusals: Map<number, Refusal> },
  ): number {
    const total = candidates.length
    const { settings, scores } = this.#profile
    const wanted = scores.length === 0 ? 1 : feasibleToFind(settings.percentageOfNodesToScore, total)
    const feasible = this.#feasible
    let count = 0
    for (let step = 0; step < total && count < wanted; step++) {
      const row = candidates[(this.#start + step) % total] ?? 0
      const refusal = this.#check(prepared, answers, row)
      if (refusal === undefined) feasible[count++] = row
      else refusals.set(row, refusal)
    }
    return count
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
    for (const [index, { plugin, weight }] of this.#profile.scores.entries()) {
      const remembered = plugin.isLocal ? answers : undefined
      const scorer = remembered === undefined ? plugin.prepare(pod, this.#context, rows) : remembered.scorers[index]
      if (scorer === undefined) continue
      if (remembered === undefined) for (const [place, row] of rows.entries()) scores[place] = scorer.score(row)
      else remembered.scores(index, rows, scores)
      scorer.normalize?.(scores, rows)
      for (let place = 0; place < count; place++) totals[place] = (totals[place] ?? 0) + weight * (scores[place] ?? 0)
    }
    return rows[this.#pick(totals)] ?? 0
  }

  /** The place of the largest total; the dice decide between equals. */
  #pick(totals: Float64Array): number {
    let most = Number.NEGATIVE_INFINITY
    let ties = 0
    for (const total of totals) {
      if (total > most) {
        most = total
        ties = 1
      } else if (total === most) ties++
    }
    let skip = ties > 1 ? this.#random.below(ties) : 0
    for (const [place, total] of totals.entries()) if (total === most && skip-- === 0) return place
    return 0
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
