import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type {
  ValidatingWebhookConfiguration as ValidatingWebhookConfigurationObject,
  ValidatingWebhook,
} from '../../types.generated.ts'
import { defaultClient, defaultMatching, defaultRules, FAILURE_POLICY_DEFAULT } from './admission-defaults.ts'
import { validateWebhooks } from './validate-webhooks.ts'

export type ValidatingWebhookConfiguration = ValidatingWebhookConfigurationObject

const TIMEOUT_DEFAULT_SECONDS = 10

export const ValidatingWebhookConfiguration: Kind<ValidatingWebhookConfiguration> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  schema: () => builtinSchema('io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration'),

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

/** pkg/apis/admissionregistration/v1/defaults.go SetDefaults_ValidatingWebhook. */
function withDefaults(webhook: ValidatingWebhook): ValidatingWebhook {
  const {
    failurePolicy = FAILURE_POLICY_DEFAULT,
    timeoutSeconds = TIMEOUT_DEFAULT_SECONDS,
    clientConfig,
    rules,
  } = webhook
  return changed(defaultMatching(webhook), {
    failurePolicy,
    timeoutSeconds,
    clientConfig: clientConfig === undefined ? undefined : defaultClient(clientConfig),
    rules: rules === undefined ? undefined : defaultRules(rules),
  })
}
