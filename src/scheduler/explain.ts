import type { Pod } from '../api/types.generated.ts'
import type { PodInfo } from './pod-info.ts'
import { fitError } from './fit-error.ts'
import type { NodeFilter, PluginContext } from './plugin.ts'
import type { PluginName } from './plugin-names.ts'
import { preparePod, type PreparedPod } from './prepared-pod.ts'
import type { Profile } from './profile.ts'
import { type Refusal, unresolvable } from './refusal.ts'
import { SchedulingFailure } from './scheduling-failure.ts'
import type { Snapshot } from './snapshot.ts'

/** Why a pod would go where it would go. */
export interface Explanation {
  readonly namespace: string
  readonly name: string
  readonly schedulerName: string
  /** By name. */
  readonly nodes: readonly NodeExplanation[]
  /** The nodes with the highest total: the dice choose among them. None when no node would do. */
  readonly best: readonly string[]
  /** What the event would say, where no node would do. */
  readonly message: string | undefined
}

export interface NodeExplanation {
  readonly node: string
  /** In the order in which the rules run; the first is the one that counts. None: the node would do. */
  readonly refusals: readonly Refusal[]
  /** Of nodes that would do. */
  readonly scores: readonly ScoreExplanation[]
  readonly total: number
}

export interface ScoreExplanation {
  readonly plugin: PluginName
  /** In the plugin's own measure. */
  readonly raw: number
  /** 0…100. */
  readonly normalized: number
  readonly weight: number
  readonly weighted: number
}

/**
 * What every rule says of every node, and how every score comes about. All nodes are looked at, where the scheduler
 * stops after enough of them in a large cluster. The snapshot is as it was when this returns.
 */
export function explain(snapshot: Snapshot, pod: Pod, profile: Profile): Explanation {
  const { cluster } = snapshot
  const { nodeName: _, ...spec } = pod.spec
  const info = cluster.podInfo({ ...pod, spec })
  const placed = cluster.placed(info.uid)
  if (placed !== undefined) cluster.removePod(info.uid)
  try {
    return explainPending(info, profile, { ...snapshot, args: profile.settings.args })
  } finally {
    if (placed !== undefined) cluster.placePod(placed.pod, placed.node)
  }
}

function explainPending(info: PodInfo, profile: Profile, context: PluginContext): Explanation {
  const { name, namespace = '' } = info.pod.metadata
  const about = { namespace, name, schedulerName: profile.settings.schedulerName }
  const prepared = attempt(() => preparePod(info, profile, context))
  if ('refusal' in prepared) return explainBeforehand(about, prepared.refusal, context)
  const { cluster } = context
  const rows = cluster.order()
  const refusals = new Map<number, readonly Refusal[]>()
  for (const row of rows) refusals.set(row, refusalsAt(prepared, row, context))
  const feasible = rows.filter((row) => refusals.get(row)?.length === 0)
  const scores = scoresOf(info, feasible, { profile, context })
  const nodes = [...rows].map((row): NodeExplanation => {
    const own = scores.get(row) ?? []
    return {
      node: cluster.nodeAt(row).name,
      refusals: refusals.get(row) ?? [],
      scores: own,
      total: own.reduce((sum, { weighted }) => sum + weighted, 0),
    }
  })
  return { ...about, nodes: nodes.toSorted(byName), best: bestOf(nodes), message: messageOf(refusals, feasible.length) }
}

function explainBeforehand(
  about: Pick<Explanation, 'namespace' | 'name' | 'schedulerName'>,
  refusal: Refusal,
  { cluster }: PluginContext,
): Explanation {
  const nodes = [...cluster.nodes()].map(({ name }) => ({ node: name, refusals: [refusal], scores: [], total: 0 }))
  const message = fitError({
    refusals: new Map(),
    others: refusal,
    beforehand: refusal,
    nodeCount: cluster.nodeCount,
  })
  return { ...about, nodes: nodes.toSorted(byName), best: [], message }
}

/** Without nodes there is nothing to count. */
function messageOf(refusals: ReadonlyMap<number, readonly Refusal[]>, feasible: number): string | undefined {
  if (feasible > 0) return undefined
  if (refusals.size === 0) return 'no nodes available to schedule pods'
  const first = new Map<number, Refusal>()
  for (const [row, [refusal]] of refusals) if (refusal !== undefined) first.set(row, refusal)
  return fitError({ refusals: first, others: undefined, beforehand: undefined, nodeCount: refusals.size })
}

function refusalsAt(prepared: PreparedPod, row: number, { cluster }: PluginContext): Refusal[] {
  const { nodeNames, narrowedBy, filters } = prepared
  if (nodeNames !== undefined && !nodeNames.has(cluster.nodeAt(row).name)) {
    return [unresolvable('', `node(s) didn't satisfy plugin(s) [${narrowedBy.toSorted().join(' ')}]`)]
  }
  return filters.flatMap((filter) => checkSafely(filter, row) ?? [])
}

/** A rule that cannot decide has no other answer than its error. */
function checkSafely(filter: NodeFilter, row: number): Refusal | undefined {
  const outcome = attempt(() => ({ answer: filter.check(row) }))
  return 'refusal' in outcome ? outcome.refusal : outcome.answer
}

function attempt<T>(decide: () => T): T | { readonly refusal: Refusal } {
  try {
    return decide()
  } catch (error) {
    if (!(error instanceof SchedulingFailure)) throw error
    return { refusal: unresolvable('', error.message) }
  }
}

function scoresOf(
  info: PodInfo,
  rows: Int32Array,
  { profile, context }: { profile: Profile; context: PluginContext },
): ReadonlyMap<number, ScoreExplanation[]> {
  const found = new Map<number, ScoreExplanation[]>([...rows].map((row) => [row, []]))
  if (rows.length === 0) return found
  for (const { plugin, weight } of profile.scores) {
    const scorer = plugin.prepare(info, context, rows)
    if (scorer === undefined) continue
    const raw = Float64Array.from(rows, (row) => scorer.score(row))
    const normalized = raw.slice()
    scorer.normalize?.(normalized, rows)
    for (const [place, row] of rows.entries()) {
      const score = normalized[place] ?? 0
      found.get(row)?.push({
        plugin: plugin.name,
        raw: raw[place] ?? 0,
        normalized: score,
        weight,
        weighted: score * weight,
      })
    }
  }
  return found
}

function bestOf(nodes: readonly NodeExplanation[]): readonly string[] {
  const feasible = nodes.filter(({ refusals }) => refusals.length === 0)
  const most = Math.max(...feasible.map(({ total }) => total))
  return feasible
    .filter(({ total }) => total === most)
    .map(({ node }) => node)
    .toSorted()
}

function byName(a: NodeExplanation, b: NodeExplanation): number {
  return a.node < b.node ? -1 : a.node > b.node ? 1 : 0
}
