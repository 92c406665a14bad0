import { forbidden } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { Pod, PodSpec, PriorityClass } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import type { AdmissionPlugin } from './admission.ts'

const PATH = 'scheduling.k8s.io/priorityclasses'

/**
 * Turns a pod's priority class into a number, and lets one class at most be the default
 * (k8s.io/kubernetes plugin/pkg/admission/priority).
 */
export function priority(): AdmissionPlugin {
  // Pods of one template keep sharing one spec, as long as the classes stay the same.
  const completed = new WeakMap<PodSpec, { classes: readonly ApiObject[]; spec: PodSpec }>()
  return {
    name: 'Priority',

    admit({ operation, kind, object, old, subresource }, { store }) {
      if (kind.group !== '' || kind.plural !== 'pods' || subresource !== undefined) return undefined
      const pod = object as Pod
      if (operation === 'UPDATE') return withOldPriority(pod, old as Pod)
      if (operation !== 'CREATE') return undefined
      const known = completed.get(pod.spec)
      const present = store.list(PATH).items
      const spec = known?.classes === present ? known.spec : withPriority(pod, store)
      completed.set(pod.spec, { classes: present, spec })
      return spec === pod.spec ? undefined : ({ ...pod, spec } as Pod)
    },

    validate({ operation, kind, object, name, subresource }, { store }) {
      if (
        kind.plural !== 'priorityclasses' ||
        subresource !== undefined ||
        (operation !== 'CREATE' && operation !== 'UPDATE')
      )
        return
      if ((object as PriorityClass).globalDefault !== true) return
      const other = defaultClass(store)
      if (other === undefined || (operation === 'UPDATE' && other.metadata.name === name)) return
      const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`
      throw forbidden({ group: kind.group, resource: kind.plural }, name, why)
    },
  }
}

/** An update that leaves the priority out means the one that the pod has; validation refuses any other. */
function withOldPriority(pod: Pod, old: Pod): Pod | undefined {
  const { priority, preemptionPolicy } = old.spec
  const isComplete =
    (pod.spec.priority !== undefined || priority === undefined) &&
    (pod.spec.preemptionPolicy !== undefined || preemptionPolicy === undefined)
  if (isComplete) return undefined
  const kept = {
    ...(priority === undefined ? {} : { priority }),
    ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
  }
  return { ...pod, spec: { ...kept, ...pod.spec } }
}

function withPriority(pod: Pod, store: Store): PodSpec {
  const { spec } = pod
  const wanted = spec.priorityClassName ?? ''
  const found = wanted === '' ? defaultClass(store) : classNamed(wanted, store)
  if (wanted !== '' && found === undefined) {
    throw refused(pod, `no PriorityClass with name ${wanted} was found`)
  }
  const value = found?.value ?? 0
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refused(
      pod,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refused(
      pod,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  if (spec.priority === value && spec.preemptionPolicy === policy) return spec
  const name = found?.metadata.name
  return {
    ...spec,
    ...(name === undefined ? {} : { priorityClassName: name }),
    priority: value,
    preemptionPolicy: policy,
  }
}

function refused(pod: Pod, why: string): Error {
  return forbidden({ group: '', resource: 'pods' }, pod.metadata.name, why)
}

/** The one with the lowest value, should a race have let in several. */
function defaultClass(store: Store): PriorityClass | undefined {
  const classes = store.list(PATH).items as readonly unknown[] as readonly PriorityClass[]
  const defaults = classes.filter(({ globalDefault }) => globalDefault === true)
  return defaults.length < 2
    ? defaults[0]
    : defaults.reduce((low, one) => ((one.value ?? 0) < (low.value ?? 0) ? one : low))
}

function classNamed(name: string, store: Store): PriorityClass | undefined {
  return store.get(PATH, { name }) as PriorityClass | undefined
}
