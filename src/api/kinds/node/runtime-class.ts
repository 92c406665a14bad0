import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { RuntimeClass as RuntimeClassObject } from '../../types.generated.ts'

export type RuntimeClass = RuntimeClassObject

export const RuntimeClass: Kind<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.node.v1.RuntimeClass'),
}
