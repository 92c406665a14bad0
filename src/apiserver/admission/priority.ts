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

    admit({ operation, kind, object, subresource }, { store }) {
      if (operation !== 'CREATE' || kind.group !== '' || kind.plural !== 'pods' || subresource !== undefined)
        return undefined
      const pod = object as Pod
      const known = completed.get(pod.spec)
      const present = store.list(PATH).items
      const spec = known?.classes === present ? known.spec : withPriority(pod, store)
      completed.set(pod.spec, { classes: present, spec })
      return spec === pod.spec ? undefined : ({ ...pod, spec } as Pod)
    },

    validate({ operation, kind, object, name }, { store }) {
      if (kind.plural !== 'priorityclasses' || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      if ((object as PriorityClass).globalDefault !== true) return
      const other = classes(store).find((one) => one.globalDefault === true && one.metadata.name !== name)
      if (other === undefined) return
      const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`
      throw forbidden({ group: kind.group, resource: kind.plural }, name, why)
    },
  }
}

function withPriority(pod: Pod, store: Store): PodSpec {
  const { spec } = pod
  const wanted = spec.priorityClassName ?? ''
  const found =
    wanted === '' ? classes(store).find(({ globalDefault }) => globalDefault === true) : classNamed(wanted, store)
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

function classes(store: Store): readonly PriorityClass[] {
  return store.list(PATH).items as readonly unknown[] as readonly PriorityClass[]
}

function classNamed(name: string, store: Store): PriorityClass | undefined {
  return store.get(PATH, { name }) as PriorityClass | undefined
}
