import type { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import type { Node } from '../../api/kinds/core/node.ts'
import type { PodTemplateSpec, Toleration } from '../../api/types.generated.ts'
import { fitsAffinity } from './node-affinity.ts'
import { daemonTolerations, toleratesAll } from './tolerations.ts'

export interface Eligibility {
  /** Whether a daemon pod is to be started there. */
  readonly shouldRun: boolean
  /** Whether one that is there may stay: a new taint keeps pods away without evicting them. */
  readonly mayStay: boolean
}

const NO: Eligibility = { shouldRun: false, mayStay: false }
const STAYS: Eligibility = { shouldRun: false, mayStay: true }
const YES: Eligibility = { shouldRun: true, mayStay: true }

const tolerationsOfTemplate = new WeakMap<PodTemplateSpec, readonly Toleration[]>()

/** The tolerations of the pods of a template; computed once, shared by all of them. */
export function tolerationsOf(template: PodTemplateSpec): readonly Toleration[] {
  let tolerations = tolerationsOfTemplate.get(template)
  if (tolerations === undefined) {
    tolerations = daemonTolerations(template.spec ?? { containers: [] })
    tolerationsOfTemplate.set(template, tolerations)
  }
  return tolerations
}

/** What a DaemonSet wants of a node. Nodes that are full or not ready count as well: daemons come first. */
export function eligibility({ spec }: DaemonSet, node: Node): Eligibility {
  const pod = spec.template.spec
  if (pod === undefined) return NO
  if ((pod.nodeName ?? '') !== '' && pod.nodeName !== node.metadata.name) return NO
  if (!fitsAffinity(node, pod)) return NO
  const taints = node.spec?.taints ?? []
  if (taints.length === 0) return YES
  const tolerations = tolerationsOf(spec.template)
  if (toleratesAll(taints, tolerations, ['NoSchedule', 'NoExecute'])) return YES
  return toleratesAll(taints, tolerations, ['NoExecute']) ? STAYS : NO
}
