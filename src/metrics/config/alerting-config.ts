import { checkStaticTargets, DISCOVERY_FIELDS } from './discoveries.ts'
import { RELABEL_RULE } from './fields.ts'
import { checkHttpClient, HTTP_CLIENT_FIELDS } from './http-client.ts'
import { SIGV4 } from './remote-config.ts'
import { always, ConfigError, type ConfigOf, duration, list, oneOf, optional, struct, text } from './schema.ts'

const API_VERSIONS = ['v2'] as const

const ALERTMANAGER_CONFIG = struct(
  'config.AlertmanagerConfig',
  {
    ...HTTP_CLIENT_FIELDS,
    sigv4: optional(SIGV4),
    scheme: text('http'),
    path_prefix: text(),
    timeout: duration(10_000),
    api_version: always(
      oneOf(API_VERSIONS, {
        absent: 'v2',
        problem: (given) =>
          `expected Alertmanager api version to be one of [${API_VERSIONS.join(' ')}] but got ${given}`,
      }),
    ),
    relabel_configs: list(RELABEL_RULE, { nullProblem: 'empty or null Alertmanager target relabeling rule' }),
    alert_relabel_configs: list(RELABEL_RULE, { nullProblem: 'empty or null Alertmanager alert relabeling rule' }),
    ...DISCOVERY_FIELDS,
  },
  (config) => {
    const checked = checkHttpClient(config)
    const hasAuthorization =
      checked.basic_auth !== undefined || checked.authorization !== undefined || checked.oauth2 !== undefined
    if (hasAuthorization && config.sigv4 !== undefined) {
      throw new ConfigError('at most one of basic_auth, authorization, oauth2, & sigv4 must be configured')
    }
    if (config.relabel_configs.length === 0) checkStaticTargets(config)
    return checked
  },
)

/** Where alerts are sent, and how they are changed on the way. */
export const ALERTING_CONFIG = struct('config.plain', {
  alert_relabel_configs: list(RELABEL_RULE, { nullProblem: 'empty or null alert relabeling rule' }),
  alertmanagers: list(ALERTMANAGER_CONFIG, { nullProblem: 'empty or null Alertmanager config section' }),
})

export type AlertmanagerConfig = ConfigOf<typeof ALERTMANAGER_CONFIG>
