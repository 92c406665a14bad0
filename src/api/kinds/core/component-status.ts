import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ComponentCondition, ComponentStatus as ComponentStatusObject } from '../../types.generated.ts'
import { nameColumn } from '../../columns/common-columns.ts'

export type ComponentStatus = ComponentStatusObject

export const ComponentStatus: Kind<ComponentStatus> = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.ComponentStatus'),

  columns: [
    nameColumn(),
    {
      name: 'Status',
      type: 'string',
      description: 'Status of the component conditions',
      cell: (component) => (healthOf(component)?.status === 'True' ? 'Healthy' : 'Unhealthy'),
    },
    {
      name: 'Message',
      type: 'string',
      description: 'Message of the component conditions',
      cell: (component) => healthOf(component)?.message ?? '',
    },
    {
      name: 'Error',
      type: 'string',
      description: 'Error of the component conditions',
      cell: (component) => healthOf(component)?.error ?? '',
    },
  ],
}

function healthOf({ conditions = [] }: ComponentStatus): ComponentCondition | undefined {
  return conditions.find(({ type }) => type === 'Healthy')
}
