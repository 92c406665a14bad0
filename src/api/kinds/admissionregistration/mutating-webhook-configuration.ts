import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { MutatingWebhookConfiguration as MutatingWebhookConfigurationObject } from '../../types.generated.ts'

export type MutatingWebhookConfiguration = MutatingWebhookConfigurationObject

export const MutatingWebhookConfiguration: Kind<MutatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: () => builtinSchema('io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration'),
}
