import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PodTemplate as PodTemplateObject } from '../../types.generated.ts'

export type PodTemplate = PodTemplateObject

export const PodTemplate: Kind<PodTemplate> = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  schema: () => builtinSchema('io.k8s.api.core.v1.PodTemplate'),
}
