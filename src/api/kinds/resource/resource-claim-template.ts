import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ResourceClaimTemplate as ResourceClaimTemplateObject } from '../../types.generated.ts'

export type ResourceClaimTemplate = ResourceClaimTemplateObject

export const ResourceClaimTemplate: Kind<ResourceClaimTemplate> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.resource.v1.ResourceClaimTemplate'),
}
