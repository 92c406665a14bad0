import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ReplicaSet as ReplicaSetObject } from '../../types.generated.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { hostnameWarnings, templateWarnings } from '../strategy/template-warnings.ts'
import { validateReplicaSet, validateReplicaSetStatus } from './validate-replica-set.ts'
import { containerColumns, selectorColumn } from './workload-columns.ts'

export type ReplicaSet = ReplicaSetObject

const INITIAL_STATUS = { replicas: 0 }

export const ReplicaSet: Kind<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [
    {
      name: 'scale',
      verbs: ['get', 'patch', 'update'],
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' },
    },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  schema: () => builtinSchema('io.k8s.api.apps.v1.ReplicaSet'),

  default: defaultReplicaSet,
  prepareForCreate: (set) => ({ ...set, status: INITIAL_STATUS }),
  prepareForUpdate: keepStatus,
  validate: validateReplicaSet,
  validateStatus: validateReplicaSetStatus,
  *warnings(set, old) {
    if (old === undefined) yield* hostnameWarnings(set.metadata.name)
    yield* templateWarnings(set.spec.template, set, old)
  },
  columns: [
    nameColumn(),
    {
      name: 'Desired',
      type: 'integer',
      description: 'Replicas is the number of desired pods.',
      cell: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description: 'Replicas is the most recently observed number of replicas.',
      cell: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: 'The number of ready replicas for this replica set.',
      cell: ({ status }) => status?.readyReplicas ?? 0,
    },
    ageColumn(),
    ...containerColumns<ReplicaSet>(({ spec }) => spec.template),
    selectorColumn(
      ({ spec }) => spec.selector,
      'Selector is a label query over pods that should match the replica count.',
    ),
  ],
  selectableFields: [{ path: 'status.replicas', value: ({ status }) => String(status?.replicas ?? 0) }],
}

/** pkg/apis/apps/v1/defaults.go SetDefaults_ReplicaSet. */
function defaultReplicaSet(set: ReplicaSet): ReplicaSet {
  const { spec } = set
  return changed(set, {
    spec: changed(spec, {
      replicas: spec.replicas ?? 1,
      template: spec.template && defaultPodTemplate(spec.template),
    }),
  })
}
