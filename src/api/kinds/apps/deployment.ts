import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Deployment as DeploymentObject } from '../../types.generated.ts'
import { readSelector } from '../strategy/selectors.ts'
import { hostnameWarnings, templateWarnings } from '../strategy/template-warnings.ts'
import { defaultDeployment, prepareDeploymentForCreate, prepareDeploymentForUpdate } from './deployment-strategy.ts'
import { validateDeployment, validateDeploymentStatus } from './validate-deployment.ts'
import { containerColumns } from './workload-columns.ts'

export type Deployment = DeploymentObject

export const Deployment: Kind<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  shortNames: ['deploy'],
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
  schema: () => builtinSchema('io.k8s.api.apps.v1.Deployment'),

  default: defaultDeployment,
  prepareForCreate: prepareDeploymentForCreate,
  prepareForUpdate: prepareDeploymentForUpdate,
  validate: validateDeployment,
  statusKeeps: ['labels'],
  validateStatus: validateDeploymentStatus,
  *warnings(deployment, old) {
    if (old === undefined) yield* hostnameWarnings(deployment.metadata.name)
    yield* templateWarnings(deployment.spec.template, deployment, old)
  },
  columns: [
    nameColumn(),
    {
      name: 'Ready',
      type: 'string',
      description: 'Number of the pod with ready state',
      cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    {
      name: 'Up-to-date',
      type: 'string',
      description:
        'Total number of non-terminated pods targeted by this deployment that have the desired template spec.',
      cell: ({ status }) => status?.updatedReplicas ?? 0,
    },
    {
      name: 'Available',
      type: 'string',
      description: 'Total number of available pods (ready for at least minReadySeconds) targeted by this deployment.',
      cell: ({ status }) => status?.availableReplicas ?? 0,
    },
    ageColumn(),
    ...containerColumns<Deployment>(({ spec }) => spec.template),
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      description: 'Label selector for pods.',
      cell: ({ spec }) => readSelector(spec.selector)?.toString() ?? '<invalid>',
    },
  ],
}
