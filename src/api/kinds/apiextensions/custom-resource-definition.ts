import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CustomResourceDefinition as CustomResourceDefinitionObject } from '../../types.generated.ts'

export type CustomResourceDefinition = CustomResourceDefinitionObject

export const CustomResourceDefinition: Kind<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition'),
}
