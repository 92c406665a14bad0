import type { ApiObject } from '../../src/api/object.ts'
import type { Node, Pod } from '../../src/api/types.generated.ts'
import { profilesOf, type SchedulerProfile } from '../../src/scheduler/config.ts'
import { type Explanation, explain } from '../../src/scheduler/explain.ts'
import type { PluginName } from '../../src/scheduler/plugin-names.ts'
import { profileOf } from '../../src/scheduler/profile.ts'
import { snapshotOf } from '../../src/scheduler/snapshot.ts'

export interface Situation {
  readonly nodes?: readonly Node[]
  /** Pods on nodes. */
  readonly pods?: readonly Pod[]
  readonly objects?: readonly ApiObject[]
  readonly profile?: SchedulerProfile
}

export function explanationOf(pod: Pod, { nodes = [], pods = [], objects = [], profile = {} }: Situation): Explanation {
  const [settings] = profilesOf({ profiles: [profile] })
  if (settings === undefined) throw new Error('one profile gives one')
  return explain(snapshotOf([...nodes, ...pods, ...objects]), pod, profileOf(settings))
}

/** What one plugin says of each node: its reasons, or `ok`. */
export function refusalsOf(plugin: PluginName, pod: Pod, situation: Situation): Record<string, string> {
  const { nodes } = explanationOf(pod, situation)
  return Object.fromEntries(
    nodes.map(({ node, refusals }) => {
      const own = refusals.find((refusal) => refusal.plugin === plugin)
      return [node, own === undefined ? 'ok' : own.reasons.join(', ')]
    }),
  )
}

/** One plugin's score of each node: normalized, 0 where it says nothing, `-` where the node would not do. */
export function scoresOf(plugin: PluginName, pod: Pod, situation: Situation): Record<string, number | '-'> {
  const { nodes } = explanationOf(pod, situation)
  return Object.fromEntries(
    nodes.map(({ node, refusals, scores }) => [
      node,
      refusals.length > 0 ? '-' : (scores.find((score) => score.plugin === plugin)?.normalized ?? 0),
    ]),
  )
}

export function on(node: string, pod: Pod): Pod {
  return { ...pod, spec: { ...pod.spec, nodeName: node } }
}
