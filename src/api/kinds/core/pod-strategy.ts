import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type {
  LabelSelector,
  Pod,
  PodAffinity,
  PodAffinityTerm,
  PodSpec,
  PodStatus,
  TopologySpreadConstraint,
} from '../../types.generated.ts'
import { defaultPodSpec } from '../pod-spec/default-pod-spec.ts'
import { qosClassOf } from '../pod-spec/qos.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/v1/defaults.go SetDefaults_Pod, and what conversion keeps in step. */
export function defaultPod(pod: Pod): Pod {
  const spec = defaultPodSpec(unchecked(pod).spec ?? NO_SPEC)
  return changed(pod, { spec, status: pod.status && defaultStatus(pod.status, spec) })
}

/** What somebody sent who said nothing; validation says so. */
const NO_SPEC: PodSpec = { containers: [] }

/** pkg/registry/core/pod/strategy.go PrepareForCreate. */
export function preparePodForCreate(submitted: Pod): Pod {
  const pod = defaultPod(submitted)
  const spec = withLabelKeys(pod.spec, pod.metadata.labels ?? {})
  return { ...pod, spec, status: initialStatus(spec) }
}

/** CheckGracefulDelete: a pod that never ran, or runs no more, has nothing to finish. */
export function podGracePeriodSeconds({ spec, status }: Pod): number {
  if ((spec.nodeName ?? '') === '' || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  const seconds = spec.terminationGracePeriodSeconds ?? 0
  return seconds < 0 ? 1 : seconds
}

/** `podIP` is the first of `podIPs`, and wins where they differ. The class of service never changes. */
function defaultStatus(status: PodStatus, spec: PodSpec): PodStatus {
  const { podIP = '', podIPs = [] } = status
  const first = podIPs[0]?.ip ?? ''
  return changed(status, {
    qosClass: status.qosClass || qosClassOf(spec),
    podIP: podIP === '' && first !== '' ? first : status.podIP,
    podIPs: podIP !== '' && podIP !== first ? [{ ip: podIP }] : status.podIPs,
  })
}

/** New pods share their status: there are only so many. */
const INITIAL: Readonly<Record<string, PodStatus>> = Object.fromEntries(
  ['Guaranteed', 'Burstable', 'BestEffort'].map((qosClass) => [qosClass, { phase: 'Pending', qosClass }]),
)

function initialStatus(spec: PodSpec): PodStatus {
  const qosClass = qosClassOf(spec)
  const status = INITIAL[qosClass] ?? { phase: 'Pending', qosClass }
  if ((spec.schedulingGates ?? []).length === 0) return status
  const message = 'Scheduling is blocked due to non-empty scheduling gates'
  return { ...status, conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }] }
}

type Labels = Readonly<Record<string, string>>

/**
 * `matchLabelKeys` name labels whose values the pod itself has: the server writes them into the selectors, once, at the
 * pod's creation. The pods of one template have the same values, so that they go on sharing one spec.
 */
function withLabelKeys(spec: PodSpec, labels: Labels): PodSpec {
  const { affinity, topologySpreadConstraints: constraints } = spec
  if (affinity?.podAffinity === undefined && affinity?.podAntiAffinity === undefined && constraints === undefined) {
    return spec
  }
  const known = mergedSpecs.get(spec)
  const merged = changed(spec, {
    topologySpreadConstraints: constraints && mapChanged(constraints, (one) => spreadWith(one, labels)),
    affinity:
      affinity &&
      changed(affinity, {
        podAffinity: affinity.podAffinity && affinityWith(affinity.podAffinity, labels),
        podAntiAffinity: affinity.podAntiAffinity && affinityWith(affinity.podAntiAffinity, labels),
      }),
  })
  if (merged === spec) return spec
  const text = JSON.stringify([merged.affinity, merged.topologySpreadConstraints])
  if (known?.text === text) return known.merged
  mergedSpecs.set(spec, { text, merged })
  return merged
}

const mergedSpecs = new WeakMap<PodSpec, { readonly text: string; readonly merged: PodSpec }>()

function spreadWith(constraint: TopologySpreadConstraint, labels: Labels): TopologySpreadConstraint {
  const { labelSelector, matchLabelKeys = [] } = constraint
  if (labelSelector === undefined || matchLabelKeys.length === 0) return constraint
  return changed(constraint, {
    labelSelector: selectorWith(labelSelector, { labels, keys: matchLabelKeys, operator: 'In' }),
  })
}

function affinityWith(affinity: PodAffinity, labels: Labels): PodAffinity {
  const demanded = affinity.requiredDuringSchedulingIgnoredDuringExecution
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution
  return changed(affinity, {
    requiredDuringSchedulingIgnoredDuringExecution: demanded && mapChanged(demanded, (term) => termWith(term, labels)),
    preferredDuringSchedulingIgnoredDuringExecution:
      preferred &&
      mapChanged(preferred, (term) => changed(term, { podAffinityTerm: termWith(term.podAffinityTerm, labels) })),
  })
}

function termWith(term: PodAffinityTerm, labels: Labels): PodAffinityTerm {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  if (labelSelector === undefined) return term
  const matching = selectorWith(labelSelector, { labels, keys: matchLabelKeys, operator: 'In' })
  return changed(term, {
    labelSelector: selectorWith(matching, { labels, keys: mismatchLabelKeys, operator: 'NotIn' }),
  })
}

function selectorWith(
  selector: LabelSelector,
  { labels, keys, operator }: { labels: Labels; keys: readonly string[]; operator: 'In' | 'NotIn' },
): LabelSelector {
  const added = keys.flatMap((key) => {
    const value = labels[key]
    return value === undefined ? [] : [{ key, operator, values: [value] }]
  })
  if (added.length === 0) return selector
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] }
}
