import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Pod as PodObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { POD_COLUMNS } from './pod-columns.ts'
import { prepareEphemeralContainers, validateEphemeralContainersUpdate } from './pod-ephemeral-containers.ts'
import { preparePodResize, validatePodResize } from './pod-resize.ts'
import { defaultPod, podGracePeriodSeconds, preparePodForCreate } from './pod-strategy.ts'
import { podCreationWarnings } from './pod-warnings.ts'
import { validatePodStatus } from './validate-pod-status.ts'
import { validatePodUpdate } from './validate-pod-update.ts'
import { validatePodCreate } from './validate-pod.ts'

export type Pod = PodObject

export const Pod: Kind<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    { name: 'attach', verbs: ['create', 'get'], kind: 'PodAttachOptions' },
    { name: 'binding', verbs: ['create'], kind: 'Binding' },
    {
      name: 'ephemeralcontainers',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: prepareEphemeralContainers,
      validate: validateEphemeralContainersUpdate,
    },
    { name: 'eviction', verbs: ['create'], group: 'policy', version: 'v1', kind: 'Eviction' },
    { name: 'exec', verbs: ['create', 'get'], kind: 'PodExecOptions' },
    { name: 'log', verbs: ['get'] },
    { name: 'portforward', verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
    { name: 'proxy', verbs: ['create', 'get', 'patch', 'update'], kind: 'PodProxyOptions' },
    {
      name: 'resize',
      verbs: ['get', 'patch', 'update'],
      prepareForUpdate: preparePodResize,
      validate: validatePodResize,
    },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  schema: () => builtinSchema('io.k8s.api.core.v1.Pod'),

  default: defaultPod,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: keepStatus,
  validate: (pod, old) => (old === undefined ? validatePodCreate(pod) : validatePodUpdate(pod, old)),
  statusKeeps: ['ownerReferences'],
  validateStatus: validatePodStatus,
  // People rarely update pods by hand, and programs do so often: upstream warns of new pods only.
  warnings: (pod, old) => (old === undefined ? podCreationWarnings(pod) : []),
  gracePeriodSeconds: podGracePeriodSeconds,
  columns: POD_COLUMNS,
  selectableFields: [
    { path: 'spec.nodeName', value: ({ spec }) => spec.nodeName ?? '' },
    { path: 'spec.restartPolicy', value: ({ spec }) => spec.restartPolicy ?? '' },
    { path: 'spec.schedulerName', value: ({ spec }) => spec.schedulerName ?? '' },
    { path: 'spec.serviceAccountName', value: ({ spec }) => spec.serviceAccountName ?? '' },
    { path: 'spec.hostNetwork', value: ({ spec }) => String(spec.hostNetwork ?? false) },
    { path: 'status.phase', value: ({ status }) => status?.phase ?? '' },
    { path: 'status.podIP', value: ({ status }) => status?.podIPs?.[0]?.ip ?? '' },
    { path: 'status.nominatedNodeName', value: ({ status }) => status?.nominatedNodeName ?? '' },
  ],
}
