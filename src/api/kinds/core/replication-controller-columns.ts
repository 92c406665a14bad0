import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import { printLabels } from '../../selectors/label-map.ts'
import type { ReplicationController } from '../../types.generated.ts'
import { containerNames, imageNames } from '../pod-spec/container-cells.ts'

/** pkg/printers/internalversion/printers.go printReplicationController. */
export const REPLICATION_CONTROLLER_COLUMNS: readonly Column<ReplicationController>[] = [
  nameColumn(),
  {
    name: 'Desired',
    type: 'integer',
    description: 'Replicas is the number of desired replicas.',
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
    description: 'The number of ready replicas for this replication controller.',
    cell: ({ status }) => status?.readyReplicas ?? 0,
  },
  ageColumn(),
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    description: 'Names of each container in the template.',
    cell: ({ spec }) => containerNames(spec.template),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    description: 'Images referenced by each container in the template.',
    cell: ({ spec }) => imageNames(spec.template),
  },
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description: 'Selector is a label query over pods that should match the Replicas count.',
    cell: ({ spec }) => printLabels(spec.selector) || NONE,
  },
]
