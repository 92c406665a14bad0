import type { Cluster } from './cluster.ts'
import type { PodInfo } from './pod-info.ts'
import type { NodeFilter, NodeScorer, PluginContext } from './plugin.ts'
import type { PodShape } from './pod-shape.ts'
import { firstRefusal } from './prepared-pod.ts'
import type { Profile } from './profile.ts'
import type { Refusal } from './refusal.ts'

/** How many shapes' answers are kept; the one that was not used for the longest time goes first. */
const SHAPES_MAX = 32

/**
 * What was found out about one shape of pods on each node, by rules that look at that node alone. A binding changes one
 * node, so for the next pod of the shape one answer is found anew and the others stand.
 */
export class ShapeAnswers {
  readonly nodesVersion: number
  readonly scorers: readonly (NodeScorer | undefined)[]
  readonly #generation: () => Float64Array
  readonly #filters: readonly NodeFilter[]
  readonly #checkedAt: Float64Array
  readonly #refusals: (Refusal | undefined)[]
  readonly #scoredAt: Float64Array
  readonly #scores: readonly Float64Array[]

  constructor(
    cluster: Cluster,
    options: { filters: readonly NodeFilter[]; scorers: readonly (NodeScorer | undefined)[] },
  ) {
    const { capacity } = cluster.table
    this.nodesVersion = cluster.nodesVersion
    this.scorers = options.scorers
    this.#generation = () => cluster.table.generation
    this.#filters = options.filters
    this.#checkedAt = new Float64Array(capacity)
    this.#refusals = Array.from<undefined>({ length: capacity })
    this.#scoredAt = new Float64Array(capacity)
    this.#scores = options.scorers.map(() => new Float64Array(capacity))
  }

  refusal(row: number): Refusal | undefined {
    const generation = this.#generation()[row] ?? 0
    if (this.#checkedAt[row] === generation) return this.#refusals[row]
    const refusal = firstRefusal(this.#filters, row)
    this.#checkedAt[row] = generation
    this.#refusals[row] = refusal
    return refusal
  }

  /** Raw scores of scorer number `index` for these rows. */
  scores(index: number, rows: Int32Array, into: Float64Array): void {
    const generation = this.#generation()
    const column = this.#scores[index]
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place] ?? 0
      if (this.#scoredAt[row] !== generation[row]) this.#score(row, generation[row] ?? 0)
      into[place] = column?.[row] ?? 0
    }
  }

  #score(row: number, generation: number): void {
    for (const [index, scorer] of this.scorers.entries()) {
      const column = this.#scores[index]
      if (column !== undefined && scorer !== undefined) column[row] = scorer.score(row)
    }
    this.#scoredAt[row] = generation
  }
}

/** Answers for the shapes that were seen lately and more than once. */
export class ShapeMemory {
  readonly #profile: Profile
  readonly #answers = new Map<PodShape, ShapeAnswers>()
  #seen = new WeakSet<PodShape>()

  constructor(profile: Profile) {
    this.#profile = profile
  }

  /** Undefined where remembering does not pay, or is not possible. `filters` are the pod's local ones. */
  of(pod: PodInfo, filters: readonly NodeFilter[], context: PluginContext): ShapeAnswers | undefined {
    const { shape } = pod
    if (!this.#profile.remembers || shape.namedNodes !== undefined) return undefined
    const known = this.#answers.get(shape)
    if (known !== undefined && known.nodesVersion === context.cluster.nodesVersion) {
      this.#answers.delete(shape)
      this.#answers.set(shape, known)
      return known
    }
    if (!this.#seen.has(shape)) {
      this.#seen.add(shape)
      return undefined
    }
    const none = new Int32Array(0)
    const scorers = this.#profile.scores.map(({ plugin }) =>
      plugin.isLocal ? plugin.prepare(pod, context, none) : undefined,
    )
    const answers = new ShapeAnswers(context.cluster, { filters, scorers })
    this.#answers.delete(shape)
    this.#answers.set(shape, answers)
    if (this.#answers.size > SHAPES_MAX) {
      const [oldest] = this.#answers.keys()
      if (oldest !== undefined) this.#answers.delete(oldest)
    }
    return answers
  }
}
