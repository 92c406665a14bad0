import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Binding as BindingObject } from '../../types.generated.ts'
import { validateBinding } from './validate-binding.ts'

export type Binding = BindingObject

export const Binding: Kind<Binding> = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  singular: 'binding',
  namespaced: true,
  verbs: ['create'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Binding'),

  validate: (binding) => validateBinding(binding),
}
