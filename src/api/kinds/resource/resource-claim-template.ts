import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { validateAnnotations, validateLabels } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ResourceClaimTemplate as ResourceClaimTemplateObject } from '../../types.generated.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { defaultClaimSpec } from './default-device-requests.ts'
import { validateClaimSpec } from './validate-device-claim.ts'

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

  default: withDefaults,
  validate,
  columns: [nameColumn(), ageColumn()],
}

function withDefaults(template: ResourceClaimTemplate): ResourceClaimTemplate {
  const spec = changed(template.spec, { spec: defaultClaimSpec(template.spec.spec) })
  return changed(template, { spec })
}

/** pkg/apis/resource/validation/validation.go ValidateResourceClaimTemplate and ValidateResourceClaimTemplateUpdate. */
function* validate({ metadata, spec }: ResourceClaimTemplate, old?: ResourceClaimTemplate): Generator<Cause> {
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validateImmutable(spec, old.spec, 'spec')
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateAnnotations(spec.metadata?.annotations, 'spec.metadata.annotations')
  yield* validateLabels(spec.metadata?.labels, 'spec.metadata.labels')
  yield* validateClaimSpec(spec.spec, 'spec.spec')
}
