import type { Pod, PodSpec, Toleration } from '../../api/types.generated.ts'
import type { AdmissionPlugin } from './admission.ts'

const SECONDS = 300
const NODE_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const

/** The two tolerations of a pod that names neither: one array for all of them. */
const DEFAULTS: readonly Toleration[] = NODE_TAINTS.map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: SECONDS,
}))

/** Pods stay five minutes on a node that went away (k8s.io/kubernetes plugin/pkg/admission/defaulttolerationseconds). */
export function defaultTolerations(): AdmissionPlugin {
  // Pods of one template keep sharing one spec.
  const completed = new WeakMap<PodSpec, PodSpec>()
  return {
    name: 'DefaultTolerationSeconds',

    admit({ operation, kind, object, subresource }) {
      if (kind.group !== '' || kind.plural !== 'pods' || subresource !== undefined) return undefined
      // An update that leaves them out must not take them off.
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined
      const pod = object as Pod
      let spec = completed.get(pod.spec)
      if (spec === undefined) completed.set(pod.spec, (spec = complete(pod.spec)))
      return spec === pod.spec ? undefined : ({ ...pod, spec } as Pod)
    },
  }
}

function complete(spec: PodSpec): PodSpec {
  const present = spec.tolerations ?? []
  const missing = DEFAULTS.filter((one) => !present.some((toleration) => tolerates(toleration, one.key ?? '')))
  if (missing.length === 0) return spec
  const tolerations = present.length === 0 && missing.length === DEFAULTS.length ? DEFAULTS : [...present, ...missing]
  return { ...spec, tolerations }
}

function tolerates({ key = '', effect = '', operator }: Toleration, taint: string): boolean {
  if (effect !== '' && effect !== 'NoExecute') return false
  return key === taint || (key === '' && operator === 'Exists')
}
