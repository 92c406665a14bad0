import type { ProfileSettings } from './config.ts'
import { interPodAffinity } from './filters/inter-pod-affinity.ts'
import { nodeAffinity } from './filters/node-affinity.ts'
import { nodeName } from './filters/node-name.ts'
import { nodePorts } from './filters/node-ports.ts'
import { nodeResourcesFit } from './filters/node-resources-fit.ts'
import { nodeUnschedulable } from './filters/node-unschedulable.ts'
import { nodeVolumeLimits } from './filters/node-volume-limits.ts'
import { podTopologySpread } from './filters/pod-topology-spread.ts'
import { taintToleration } from './filters/taint-toleration.ts'
import { volumeBinding } from './filters/volume-binding.ts'
import { volumeRestrictions } from './filters/volume-restrictions.ts'
import { volumeZone } from './filters/volume-zone.ts'
import type { FilterPlugin, ScorePlugin } from './plugin.ts'
import { balancedAllocation } from './scores/balanced-allocation.ts'
import { imageLocality } from './scores/image-locality.ts'
import { interPodAffinityScore } from './scores/inter-pod-affinity.ts'
import { nodeAffinityScore } from './scores/node-affinity.ts'
import { nodeResourcesFitScore } from './scores/node-resources-fit.ts'
import { podTopologySpreadScore } from './scores/pod-topology-spread.ts'
import { taintTolerationScore } from './scores/taint-toleration.ts'

const FILTERS: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
]

const SCORES: readonly ScorePlugin[] = [
  taintTolerationScore,
  nodeAffinityScore,
  nodeResourcesFitScore,
  podTopologySpreadScore,
  interPodAffinityScore,
  balancedAllocation,
  imageLocality,
]

/** Settings, with the plugins that they name. */
export interface Profile {
  readonly settings: ProfileSettings
  readonly filters: readonly FilterPlugin[]
  readonly scores: readonly { readonly plugin: ScorePlugin; readonly weight: number }[]
  /** All rules about single nodes come before those about several, so that their answers can be remembered. */
  readonly remembers: boolean
}

export function profileOf(settings: ProfileSettings): Profile {
  const filters = settings.filters.flatMap((name) => FILTERS.filter((plugin) => plugin.name === name))
  const scores = settings.scores.flatMap(({ name, weight }) =>
    SCORES.filter((plugin) => plugin.name === name).map((plugin) => ({ plugin, weight })),
  )
  // A pod in the queue names no node, so NodeName never comes between.
  const rules = filters.filter(({ name }) => name !== 'NodeName')
  const firstGlobal = rules.findIndex(({ isLocal }) => !isLocal)
  const remembers = firstGlobal < 0 || rules.slice(firstGlobal).every(({ isLocal }) => !isLocal)
  return { settings, filters, scores, remembers }
}
