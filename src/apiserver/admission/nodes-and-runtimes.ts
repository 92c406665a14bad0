import { forbidden } from '../../api/errors.ts'
import type { Node, Pod, RuntimeClass, Taint } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { AdmissionPlugin } from './admission.ts'

const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

/** A new node takes no pods until it was seen ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',

  admit({ operation, kind, object, subresource }) {
    if (operation !== 'CREATE' || kind.group !== '' || kind.plural !== 'nodes' || subresource !== undefined)
      return undefined
    const node = object as Node
    const taints = node.spec?.taints ?? []
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return undefined
    return { ...node, spec: { ...node.spec, taints: [...taints, NOT_READY] } } as Node
  },
}

/** Overhead and placement of a pod's runtime class become part of the pod. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',

  admit({ operation, kind, object, subresource }, { store }) {
    if (operation !== 'CREATE' || kind.group !== '' || kind.plural !== 'pods' || subresource !== undefined)
      return undefined
    const pod = object as Pod
    const name = pod.spec.runtimeClassName
    if (name === undefined) {
      if (pod.spec.overhead === undefined) return undefined
      throw refused(pod, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    }
    const found = store.get('node.k8s.io/runtimeclasses', { name }) as RuntimeClass | undefined
    if (found === undefined) throw refused(pod, `pod rejected: RuntimeClass "${name}" not found`)
    const overhead = found.overhead?.podFixed
    if (pod.spec.overhead !== undefined && !deepEqual(pod.spec.overhead, overhead)) {
      throw refused(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    }
    const selector = found.scheduling?.nodeSelector ?? {}
    for (const [key, value] of Object.entries(selector)) {
      const own = pod.spec.nodeSelector?.[key]
      if (own !== undefined && own !== value) {
        throw refused(
          pod,
          `pod rejected: conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
        )
      }
    }
    const tolerations = found.scheduling?.tolerations ?? []
    const missing = tolerations.filter((one) => !(pod.spec.tolerations ?? []).some((own) => deepEqual(own, one)))
    if (overhead === undefined && Object.keys(selector).length === 0 && missing.length === 0) return undefined
    return {
      ...pod,
      spec: {
        ...pod.spec,
        ...(overhead === undefined ? {} : { overhead }),
        ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: { ...pod.spec.nodeSelector, ...selector } }),
        ...(missing.length === 0 ? {} : { tolerations: [...(pod.spec.tolerations ?? []), ...missing] }),
      },
    } as Pod
  },
}

function refused(pod: Pod, why: string): Error {
  return forbidden({ group: '', resource: 'pods' }, pod.metadata.name, why)
}
