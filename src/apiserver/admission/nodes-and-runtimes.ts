import { forbidden } from '../../api/errors.ts'
import { canonicalQuantity } from '../../api/quantity-cache.ts'
import type { Node, Pod, PodSpec, RuntimeClass, Taint } from '../../api/types.generated.ts'
import type { AdmissionPlugin } from './admission.ts'
import { mergeTolerations } from './merge-tolerations.ts'

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

/** Overhead and placement of a pod's runtime class become part of the pod. Pods of one template keep sharing one spec. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',

  admit({ operation, kind, object, subresource }, { store }) {
    if (operation !== 'CREATE' || kind.group !== '' || kind.plural !== 'pods' || subresource !== undefined)
      return undefined
    const pod = object as Pod
    const name = pod.spec.runtimeClassName
    if (name === undefined) {
      checkOverhead(pod, undefined)
      return undefined
    }
    const found = store.get('node.k8s.io/runtimeclasses', { name }) as RuntimeClass | undefined
    if (found === undefined) throw refused(pod, `pod rejected: RuntimeClass "${name}" not found`)
    checkOverhead(pod, found.overhead?.podFixed)
    const known = COMPLETED.get(pod.spec)
    const spec = known?.runtime === found ? known.spec : complete(pod, found)
    COMPLETED.set(pod.spec, { runtime: found, spec })
    return spec === pod.spec ? undefined : { ...pod, spec }
  },
}

/** What specs become under a runtime class, as long as both stay the same. */
const COMPLETED = new WeakMap<PodSpec, { readonly runtime: RuntimeClass; readonly spec: PodSpec }>()

function complete(pod: Pod, { overhead, scheduling }: RuntimeClass): PodSpec {
  const { spec } = pod
  const selector = scheduling?.nodeSelector ?? {}
  for (const [key, value] of Object.entries(selector)) {
    const own = spec.nodeSelector?.[key]
    if (own === undefined || own === value) continue
    throw refused(
      pod,
      `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
    )
  }
  const added = scheduling?.tolerations ?? []
  const fixed = overhead?.podFixed
  if (fixed === undefined && Object.keys(selector).length === 0 && added.length === 0) return spec
  return {
    ...spec,
    ...(fixed === undefined ? {} : { overhead: fixed }),
    ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: { ...spec.nodeSelector, ...selector } }),
    ...(added.length === 0 ? {} : { tolerations: mergeTolerations(spec.tolerations ?? [], added) }),
  }
}

type Overhead = PodSpec['overhead']

function checkOverhead(pod: Pod, fixed: Overhead): void {
  const given = pod.spec.overhead
  if (given === undefined || Object.keys(given).length === 0) return
  if (fixed === undefined) {
    throw refused(pod, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
  }
  if (!isSameAmounts(given, fixed)) {
    throw refused(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  }
}

function isSameAmounts(a: NonNullable<Overhead>, b: NonNullable<Overhead>): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const [left, right] = [a[name], b[name]]
    return left !== undefined && right !== undefined && canonicalQuantity(left) === canonicalQuantity(right)
  })
}

function refused(pod: Pod, why: string): Error {
  return forbidden({ group: '', resource: 'pods' }, pod.metadata.name, why)
}
