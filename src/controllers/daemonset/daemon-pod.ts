import type { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { Affinity } from '../../api/types.generated.ts'
import { podFromTemplate } from '../pods/pod-template.ts'
import { tolerationsOf } from './eligibility.ts'

export const HASH_LABEL = 'controller-revision-hash'
const GENERATION_LABEL = 'pod-template-generation'
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation'

/** What makes the pods of a DaemonSet, once for each node. They share all but their affinity. */
export function daemonPods(set: DaemonSet, hash: string): (nodeName: string) => Pod {
  const { metadata, spec, ...pod } = podFromTemplate(set, set.spec.template)
  const generation = templateGeneration(set)
  const labels = {
    ...metadata.labels,
    [HASH_LABEL]: hash,
    ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
  }
  const tolerations = tolerationsOf(set.spec.template)
  return (nodeName) => ({
    ...pod,
    metadata: { ...metadata, labels },
    spec: { ...spec, tolerations, affinity: pinnedTo(nodeName, spec.affinity) },
  })
}

/** The scheduler may put the pod on this node only. What the template required of nodes has been checked already. */
function pinnedTo(nodeName: string, affinity: Affinity | undefined): Affinity {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] }]
  const required = { nodeSelectorTerms: [{ matchFields }] }
  return {
    ...affinity,
    nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required },
  }
}

/** The node that a pod runs on, or is meant for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if ((spec.nodeName ?? '') !== '') return spec.nodeName
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values = [] } of matchFields) {
      if (key === 'metadata.name' && operator === 'In' && values.length === 1) return values[0]
    }
  }
  return undefined
}

/** Whether a pod was made from the template that has this hash. */
export function isUpdated(set: DaemonSet, { metadata }: Pod, hash: string): boolean {
  const generation = templateGeneration(set)
  if (generation !== undefined && metadata.labels?.[GENERATION_LABEL] === generation) return true
  return metadata.labels?.[HASH_LABEL] === hash
}

function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[GENERATION_ANNOTATION]
  return text !== undefined && /^[0-9]+$/.test(text) ? text : undefined
}
