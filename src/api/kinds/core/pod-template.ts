import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PodTemplate as PodTemplateObject } from '../../types.generated.ts'
import { nameColumn, NONE } from '../../columns/common-columns.ts'
import { printLabels } from '../../selectors/label-map.ts'
import { changed } from '../../../base/copy-on-write.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { containerNames, imageNames } from '../pod-spec/container-cells.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'
import { podTemplateWarnings } from '../pod-spec/pod-warnings.ts'
import { validatePodTemplate } from '../pod-spec/validate-pod-template.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

export type PodTemplate = PodTemplateObject

export const PodTemplate: Kind<PodTemplate> = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  schema: () => builtinSchema('io.k8s.api.core.v1.PodTemplate'),

  default: (template) => changed(template, { template: defaultPodTemplate(template.template ?? {}) }),
  *validate({ metadata, template = {} }, old) {
    if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
    else yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validatePodTemplate(template, 'template')
  },
  warnings: ({ template = {} }) => podTemplateWarnings(template, 'template'),
  columns: [
    nameColumn(),
    {
      name: 'Containers',
      type: 'string',
      description: 'Names of each container in the template.',
      cell: ({ template }) => containerNames(template),
    },
    {
      name: 'Images',
      type: 'string',
      description: 'Images referenced by each container in the template.',
      cell: ({ template }) => imageNames(template),
    },
    {
      name: 'Pod Labels',
      type: 'string',
      description: 'The labels for the pod template.',
      cell: ({ template }) => printLabels(template?.metadata?.labels) || NONE,
    },
  ],
}
