import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type {
  MutatingWebhookConfiguration as MutatingWebhookConfigurationObject,
  MutatingWebhook,
} from '../../types.generated.ts'
import { defaultClient, defaultMatching, defaultRules, FAILURE_POLICY_DEFAULT } from './admission-defaults.ts'
import { validateWebhooks } from './validate-webhooks.ts'

export type MutatingWebhookConfiguration = MutatingWebhookConfigurationObject

const TIMEOUT_DEFAULT_SECONDS = 10

export const MutatingWebhookConfiguration: Kind<MutatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: () => builtinSchema('io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration'),

  default: (configuration) =>
    configuration.webhooks === undefined
      ? configuration
      : changed(configuration, { webhooks: mapChanged(configuration.webhooks, withDefaults) }),
  validate: validateWebhooks,
  columns: [
    nameColumn(),
    {
      name: 'Webhooks',
      type: 'integer',
      description: 'How many webhooks it registers.',
      cell: ({ webhooks = [] }) => webhooks.length,
    },
    ageColumn(),
  ],
}

/** pkg/apis/admissionregistration/v1/defaults.go SetDefaults_MutatingWebhook. */
function withDefaults(webhook: MutatingWebhook): MutatingWebhook {
  const {
    failurePolicy = FAILURE_POLICY_DEFAULT,
    timeoutSeconds = TIMEOUT_DEFAULT_SECONDS,
    clientConfig,
    rules,
  } = webhook
  return changed(defaultMatching(webhook), {
    failurePolicy,
    timeoutSeconds,
    reinvocationPolicy: webhook.reinvocationPolicy ?? 'Never',
    clientConfig: clientConfig === undefined ? undefined : defaultClient(clientConfig),
    rules: rules === undefined ? undefined : defaultRules(rules),
  })
}
