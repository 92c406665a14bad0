import { forbidden } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { LimitRange, PersistentVolumeClaim, Pod, PodSpec } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { claimProblems, podProblems } from './limit-ranger/constraints.ts'
import { withDefaults } from './limit-ranger/defaults.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

/** Pods and claims keep within the LimitRanges of their namespace (k8s.io/kubernetes plugin/pkg/admission/limitranger). */
export function limitRanger(): AdmissionPlugin {
  // Pods of one template keep sharing one spec, and are judged once, as long as the ranges stay the same.
  const completed = new WeakMap<PodSpec, { ranges: readonly LimitRange[]; spec: PodSpec; note: string }>()
  const accepted = new WeakMap<PodSpec, readonly LimitRange[]>()
  return {
    name: 'LimitRanger',

    admit(request, { store }) {
      if (!isPodToLimit(request)) return undefined
      const ranges = rangesOf(request, store)
      if (ranges.length === 0) return undefined
      const pod = request.object as Pod
      const known = completed.get(pod.spec)
      const result = known?.ranges === ranges ? known : { ranges, ...complete(pod.spec, ranges) }
      completed.set(pod.spec, result)
      return result.note === '' ? undefined : noted(pod, result)
    },

    validate(request, { store }) {
      const isPod = isPodToLimit(request)
      if (!isPod && !isClaimToLimit(request)) return
      const ranges = rangesOf(request, store)
      if (ranges.length === 0) return
      const { spec } = request.object as Pod
      if (isPod && accepted.get(spec) === ranges) return
      for (const range of ranges) {
        const problems = isPod
          ? podProblems(spec, range)
          : claimProblems(request.object as PersistentVolumeClaim, range)
        if (problems.length > 0) throw refused(request, problems)
      }
      if (isPod) accepted.set(spec, ranges)
    },
  }
}

function isPodToLimit({ kind, operation, subresource, old }: AdmissionRequest): boolean {
  if (kind.group !== '' || kind.plural !== 'pods' || isGoing(old)) return false
  return subresource === undefined ? operation === 'CREATE' : subresource === 'resize' && operation === 'UPDATE'
}

function isClaimToLimit({ kind, operation, subresource, old }: AdmissionRequest): boolean {
  if (kind.group !== '' || kind.plural !== 'persistentvolumeclaims' || isGoing(old)) return false
  return subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE')
}

function isGoing(old: ApiObject | undefined): boolean {
  return old?.metadata.deletionTimestamp !== undefined
}

function rangesOf({ namespace = '' }: AdmissionRequest, store: Store): readonly LimitRange[] {
  return store.list('/limitranges', namespace).items as readonly unknown[] as readonly LimitRange[]
}

/** The note names what the last range set, as upstream's does. */
function complete(spec: PodSpec, ranges: readonly LimitRange[]): { spec: PodSpec; note: string } {
  let note = ''
  let current = spec
  for (const range of ranges) {
    const { spec: next, notes } = withDefaults(current, range)
    if (notes.length > 0) note = `LimitRanger plugin set: ${notes.join('; ')}`
    current = next
  }
  return { spec: current, note }
}

function noted(pod: Pod, { spec, note }: { spec: PodSpec; note: string }): Pod {
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: note }
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec }
}

function refused({ kind, name }: AdmissionRequest, problems: readonly string[]): Error {
  const distinct = [...new Set(problems)]
  const why = distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`
  return forbidden({ group: kind.group, resource: kind.plural }, name, why)
}
