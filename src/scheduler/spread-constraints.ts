import type { LabelMatcher } from '../api/selectors/label-matcher.ts'
import { matcherOfSelector } from '../api/selectors/label-selector.ts'
import type { Labels } from '../api/selectors/requirement.ts'
import type { TopologySpreadConstraint } from '../api/types.generated.ts'
import { withLabelKeys } from './affinity-terms.ts'

export const HOSTNAME_LABEL = 'kubernetes.io/hostname'
export const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** A topology spread constraint, ready to count. */
export interface SpreadConstraint {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly matcher: LabelMatcher
  readonly minDomains: number
  /** Nodes that the pod's node affinity rules out do not count. */
  readonly honorsAffinity: boolean
  /** Nodes whose taints the pod does not tolerate do not count. */
  readonly honorsTaints: boolean
}

type Action = 'DoNotSchedule' | 'ScheduleAnyway'

/** Spreading that every pod of a Service or workload gets when it asks for none (podtopologyspread/plugin.go). */
export const SYSTEM_DEFAULT_CONSTRAINTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME_LABEL, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: ZONE_LABEL, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

/** Throws a `SelectorError` when a selector breaks a rule. */
export function spreadConstraints(
  constraints: readonly TopologySpreadConstraint[],
  labels: Labels,
  action: Action,
): SpreadConstraint[] {
  return constraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => ({
      maxSkew: constraint.maxSkew,
      topologyKey: constraint.topologyKey,
      matcher: withLabelKeys(matcherOfSelector(constraint.labelSelector), labels, constraint.matchLabelKeys),
      minDomains: constraint.minDomains ?? 1,
      honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
      honorsTaints: (constraint.nodeTaintsPolicy ?? 'Ignore') === 'Honor',
    }))
}
