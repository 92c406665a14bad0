import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ValidatingWebhookConfiguration as ValidatingWebhookConfigurationObject } from '../../types.generated.ts'

export type ValidatingWebhookConfiguration = ValidatingWebhookConfigurationObject

export const ValidatingWebhookConfiguration: Kind<ValidatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: () => builtinSchema('io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration'),
}
