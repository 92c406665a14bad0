import { nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import type { ResourceUsage } from './pod-metrics.ts'
import { usageSchema } from './usage-schema.ts'

/** What a node used of late: computed when asked for, never stored. */
export interface NodeMetrics extends ApiObject {
  readonly apiVersion: 'metrics.k8s.io/v1beta1'
  readonly kind: 'NodeMetrics'
  readonly timestamp: string
  readonly window: string
  readonly usage: ResourceUsage
}

export const NodeMetrics: Kind<NodeMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  namespaced: false,
  verbs: ['get', 'list'],
  generation: 'none',
  schema: () => usageSchema('NodeMetrics'),

  columns: [
    nameColumn(),
    { name: 'cpu', type: 'string', cell: ({ usage }) => usage['cpu'] ?? '' },
    { name: 'memory', type: 'string', cell: ({ usage }) => usage['memory'] ?? '' },
    { name: 'Window', type: 'string', cell: ({ window }) => window },
  ],
}
