import { nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import { addQuantities, printQuantity, ZERO } from '../../quantity.ts'
import { quantity } from '../../quantity-cache.ts'
import { usageSchema } from './usage-schema.ts'

/** What a container, or a node, used of each resource. */
export type ResourceUsage = Readonly<Record<string, string>>

export interface ContainerMetrics {
  readonly name: string
  readonly usage: ResourceUsage
}

/** What a pod used of late: computed when asked for, never stored. */
export interface PodMetrics extends ApiObject {
  readonly apiVersion: 'metrics.k8s.io/v1beta1'
  readonly kind: 'PodMetrics'
  readonly timestamp: string
  readonly window: string
  readonly containers: readonly ContainerMetrics[]
}

export const PodMetrics: Kind<PodMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  namespaced: true,
  verbs: ['get', 'list'],
  generation: 'none',
  schema: () => usageSchema('PodMetrics'),

  columns: [
    nameColumn(),
    ...['cpu', 'memory'].map((resource) => ({
      name: resource,
      type: 'string' as const,
      cell: ({ containers }: PodMetrics) => printTotal(containers.map(({ usage }) => usage[resource] ?? '0')),
    })),
    { name: 'Window', type: 'string', cell: ({ window }) => window },
  ],
}

function printTotal(amounts: readonly string[]): string {
  return printQuantity(amounts.map(quantity).reduce(addQuantities, ZERO))
}
