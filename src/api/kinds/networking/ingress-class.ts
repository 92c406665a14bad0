import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { IngressClass as IngressClassObject } from '../../types.generated.ts'

export type IngressClass = IngressClassObject

export const IngressClass: Kind<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  schema: () => builtinSchema('io.k8s.api.networking.v1.IngressClass'),
}
