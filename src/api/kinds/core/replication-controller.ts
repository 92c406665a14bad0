import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ReplicationController as ReplicationControllerObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { REPLICATION_CONTROLLER_COLUMNS } from './replication-controller-columns.ts'
import {
  defaultReplicationController,
  prepareReplicationControllerForCreate,
  replicationControllerWarnings,
} from './replication-controller-strategy.ts'
import {
  validateReplicationController,
  validateReplicationControllerStatus,
  validateReplicationControllerUpdate,
} from './validate-replication-controller.ts'

export type ReplicationController = ReplicationControllerObject

export const ReplicationController: Kind<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  namespaced: true,
  shortNames: ['rc'],
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
  schema: () => builtinSchema('io.k8s.api.core.v1.ReplicationController'),

  default: defaultReplicationController,
  prepareForCreate: prepareReplicationControllerForCreate,
  prepareForUpdate: keepStatus,
  validate: (controller, old) =>
    old === undefined
      ? validateReplicationController(controller)
      : validateReplicationControllerUpdate(controller, old),
  validateStatus: validateReplicationControllerStatus,
  warnings: replicationControllerWarnings,
  columns: REPLICATION_CONTROLLER_COLUMNS,
  selectableFields: [{ path: 'status.replicas', value: ({ status }) => String(status?.replicas ?? 0) }],
}
