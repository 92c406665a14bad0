import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ComponentStatus as ComponentStatusObject } from '../../types.generated.ts'

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
}
