import type { Kind } from '../../kind.ts'
import { changed } from '../../../base/copy-on-write.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CustomResourceDefinition as CustomResourceDefinitionObject } from '../../types.generated.ts'
import { defaultDefinition, NO_STATUS, withStorageVersion } from './default-definition.ts'
import { definitionWarnings } from './definition-warnings.ts'
import { validateDefinition, validateDefinitionStatus } from './validate-definition.ts'

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

  default: defaultDefinition,
  validate: validateDefinition,
  validateStatus: validateDefinitionStatus,
  prepareForCreate: (definition) => ({ ...definition, ...statusWithStorage(definition, NO_STATUS) }),
  prepareForUpdate: (definition, old) => changed(definition, statusWithStorage(definition, old.status)),
  warnings: definitionWarnings,
}

function statusWithStorage(
  definition: CustomResourceDefinition,
  status: CustomResourceDefinition['status'],
): Pick<CustomResourceDefinition, 'status'> {
  const complete = withStorageVersion(definition, status)
  return complete === undefined ? {} : { status: complete }
}
