import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PriorityClass as PriorityClassObject } from '../../types.generated.ts'

export type PriorityClass = PriorityClassObject

export const PriorityClass: Kind<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  namespaced: false,
  shortNames: ['pc'],
  schema: () => builtinSchema('io.k8s.api.scheduling.v1.PriorityClass'),
}
