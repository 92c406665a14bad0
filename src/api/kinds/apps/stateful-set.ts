import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { StatefulSet as StatefulSetObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { templateWarnings } from '../strategy/template-warnings.ts'
import { defaultStatefulSet } from './stateful-set-strategy.ts'
import { validateStatefulSet, validateStatefulSetStatus } from './validate-stateful-set.ts'
import { containerColumns } from './workload-columns.ts'

export type StatefulSet = StatefulSetObject

const INITIAL_STATUS = { replicas: 0, availableReplicas: 0 }

export const StatefulSet: Kind<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  namespaced: true,
  shortNames: ['sts'],
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
  schema: () => builtinSchema('io.k8s.api.apps.v1.StatefulSet'),

  default: defaultStatefulSet,
  prepareForCreate: (set) => ({ ...set, status: INITIAL_STATUS }),
  prepareForUpdate: keepStatus,
  validate: validateStatefulSet,
  validateStatus: validateStatefulSetStatus,
  *warnings(set, old) {
    yield* templateWarnings(set.spec.template, set, old)
    if ((set.spec.revisionHistoryLimit ?? 0) < 0) {
      yield 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'
    }
  },
  columns: [
    nameColumn(),
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of the pod with ready state',
      cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    ageColumn(),
    ...containerColumns<StatefulSet>(({ spec }) => spec.template),
  ],
}
