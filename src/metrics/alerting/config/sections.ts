import { bool, converted, duration, mapOf, object, text, type TypeOf } from '../../yaml/types.ts'
import { httpConfig, tlsConfig } from './http-config.ts'
import { INTEGRATIONS } from './integrations.ts'
import { hostPort, secretUrl, url } from './values.ts'

export const globalConfig = object('config.plain', {
  resolve_timeout: duration,
  http_config: httpConfig,
  jira_api_url: url,
  smtp_from: text,
  smtp_hello: text,
  smtp_smarthost: hostPort,
  smtp_auth_username: text,
  smtp_auth_password: text,
  smtp_auth_password_file: text,
  smtp_auth_secret: text,
  smtp_auth_secret_file: text,
  smtp_auth_identity: text,
  smtp_require_tls: bool,
  smtp_tls_config: tlsConfig,
  smtp_force_implicit_tls: bool,
  slack_api_url: secretUrl,
  slack_api_url_file: text,
  slack_app_token: text,
  slack_app_token_file: text,
  slack_app_url: url,
  pagerduty_url: url,
  opsgenie_api_url: url,
  opsgenie_api_key: text,
  opsgenie_api_key_file: text,
  wechat_api_url: url,
  wechat_api_secret: text,
  wechat_api_secret_file: text,
  wechat_api_corp_id: text,
  victorops_api_url: url,
  victorops_api_key: text,
  victorops_api_key_file: text,
  telegram_api_url: url,
  telegram_bot_token: text,
  telegram_bot_token_file: text,
  webex_api_url: url,
  rocketchat_api_url: url,
  rocketchat_token: text,
  rocketchat_token_file: text,
  rocketchat_token_id: text,
  rocketchat_token_id_file: text,
  mattermost_webhook_url: secretUrl,
  mattermost_webhook_url_file: text,
})
export type GlobalConfig = TypeOf<typeof globalConfig>

const receiverFields = object('config.plain', { name: text, labels: mapOf(text), ...INTEGRATIONS })
export type ReceiverConfig = Omit<TypeOf<typeof receiverFields>, 'name'> & { readonly name: string }

export const receiver = converted(receiverFields, (config): ReceiverConfig => {
  const { name = '', labels = {} } = config
  if (name === '') throw new Error('missing name in receiver')
  const label = labels['name']
  if (label !== undefined && label !== name) {
    const [wanted, given] = [JSON.stringify(name), JSON.stringify(label)]
    throw new Error(`receiver label "name" must match receiver name ${wanted}, got ${given}`)
  }
  return { ...config, name, labels: { ...labels, name } }
})
