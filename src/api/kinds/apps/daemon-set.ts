import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column, Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import { printLabels } from '../../selectors/label-map.ts'
import type { DaemonSet as DaemonSetObject, DaemonSetStatus } from '../../types.generated.ts'
import { templateWarnings } from '../strategy/template-warnings.ts'
import { defaultDaemonSet, prepareDaemonSetForCreate, prepareDaemonSetForUpdate } from './daemon-set-strategy.ts'
import { validateDaemonSet, validateDaemonSetStatus } from './validate-daemon-set.ts'
import { containerColumns, selectorColumn } from './workload-columns.ts'

export type DaemonSet = DaemonSetObject

export const DaemonSet: Kind<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.apps.v1.DaemonSet'),

  default: defaultDaemonSet,
  prepareForCreate: prepareDaemonSetForCreate,
  prepareForUpdate: prepareDaemonSetForUpdate,
  validate: validateDaemonSet,
  validateStatus: validateDaemonSetStatus,
  warnings: (set, old) => templateWarnings(set.spec.template, set, old),
  columns: [
    nameColumn(),
    countColumn(
      'Desired',
      'desiredNumberScheduled',
      'The total number of nodes that should be running the daemon pod.',
    ),
    countColumn(
      'Current',
      'currentNumberScheduled',
      'The number of nodes that run at least one daemon pod as they should.',
    ),
    countColumn('Ready', 'numberReady', 'The number of nodes whose daemon pod is ready.'),
    countColumn('Up-to-date', 'updatedNumberScheduled', 'The number of nodes that run the updated daemon pod.'),
    countColumn('Available', 'numberAvailable', 'The number of nodes whose daemon pod is available.'),
    {
      name: 'Node Selector',
      type: 'string',
      description: 'Which labels a node must have to run the daemon pod.',
      cell: ({ spec }) => printLabels(spec.template.spec?.nodeSelector) || NONE,
    },
    ageColumn(),
    ...containerColumns<DaemonSet>(({ spec }) => spec.template),
    selectorColumn(({ spec }) => spec.selector, 'A label query over pods that are managed by the daemon set.'),
  ],
}

function countColumn(name: string, field: keyof DaemonSetStatus, description: string): Column<DaemonSet> {
  return { name, type: 'integer', description, cell: ({ status }) => Number(status?.[field] ?? 0) }
}
