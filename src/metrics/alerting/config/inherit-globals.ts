import { ConfigError } from './config-error.ts'
import type { GlobalConfig, ReceiverConfig } from './sections.ts'
import { isSet } from './http-config.ts'
import {
  type EmailConfig,
  type IntegrationName,
  INTEGRATIONS,
  SLACK_POST_URL,
  type SlackConfig,
  type WebhookConfig,
} from './integrations.ts'

/** Receivers with what they take over from the global block. Throws a `ConfigError` for what neither of them says. */
export function inheritGlobals(receivers: readonly ReceiverConfig[], global: GlobalConfig): readonly ReceiverConfig[] {
  checkGlobals(global)
  const names = new Set<string>()
  return receivers.map((receiver) => {
    if (names.has(receiver.name)) {
      throw new ConfigError(`notification config name ${JSON.stringify(receiver.name)} is not unique`)
    }
    names.add(receiver.name)
    return inherited(receiver, global)
  })
}

/** Values of the global block that may stand in a file as well. */
const FILED = [
  'slack_app_token',
  'slack_api_url',
  'opsgenie_api_key',
  'victorops_api_key',
  'telegram_bot_token',
  'smtp_auth_password',
  'rocketchat_token',
  'rocketchat_token_id',
  'smtp_auth_secret',
  'wechat_api_secret',
  'mattermost_webhook_url',
] as const

function checkGlobals(global: GlobalConfig): void {
  for (const name of FILED) {
    if (isSet(global[name]) && isSet(global[`${name}_file`])) {
      throw new ConfigError(`at most one of ${name} & ${name}_file must be configured`)
    }
  }
  const hasToken = isSet(global.slack_app_token) || isSet(global.slack_app_token_file)
  const hasUrl = isSet(global.slack_api_url) || isSet(global.slack_api_url_file)
  if (hasToken && hasUrl && global.slack_api_url !== (global.slack_app_url ?? SLACK_POST_URL)) {
    throw new ConfigError(
      'at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured',
    )
  }
}

/** Integrations that may be written without any field: everything is taken over. */
const MAY_BE_EMPTY: ReadonlySet<IntegrationName> = new Set([
  'slack_configs',
  'opsgenie_configs',
  'wechat_configs',
  'rocketchat_configs',
])

function inherited(receiver: ReceiverConfig, global: GlobalConfig): ReceiverConfig {
  for (const name of Object.keys(INTEGRATIONS) as IntegrationName[]) {
    const configs: readonly (object | undefined)[] = receiver[name] ?? []
    if (configs.includes(undefined) && !MAY_BE_EMPTY.has(name)) {
      throw new ConfigError(`missing ${name.replace('_configs', '')} config`)
    }
    for (const config of configs) checkOther(name, (config ?? {}) as Readonly<Record<string, unknown>>, global)
  }
  const { webhook_configs: webhooks, email_configs: emails, slack_configs: slacks } = receiver
  return {
    ...receiver,
    ...(webhooks !== undefined && { webhook_configs: webhooks.map((config) => withHttp(config ?? {}, global)) }),
    ...(emails !== undefined && { email_configs: emails.map((config) => emailOf(config ?? {}, global)) }),
    ...(slacks !== undefined && { slack_configs: slacks.map((config) => slackOf(config ?? {}, global)) }),
  }
}

function withHttp(config: WebhookConfig, global: GlobalConfig): WebhookConfig {
  const http = config.http_config ?? global.http_config
  return http === undefined ? config : { ...config, http_config: http }
}

function emailOf(config: EmailConfig, global: GlobalConfig): EmailConfig {
  const smarthost = config.smarthost ?? global.smtp_smarthost ?? ''
  const from = config.from ?? global.smtp_from ?? ''
  if (smarthost === '') throw new ConfigError('no global SMTP smarthost set')
  if (from === '') throw new ConfigError('no global SMTP from set')
  const hasPassword = isSet(config.auth_password) || isSet(config.auth_password_file)
  const hasSecret = isSet(config.auth_secret) || isSet(config.auth_secret_file)
  const password = { auth_password: global.smtp_auth_password, auth_password_file: global.smtp_auth_password_file }
  const secret = { auth_secret: global.smtp_auth_secret, auth_secret_file: global.smtp_auth_secret_file }
  return defined({
    ...config,
    smarthost,
    from,
    hello: config.hello ?? global.smtp_hello ?? 'localhost',
    auth_username: config.auth_username ?? global.smtp_auth_username,
    auth_identity: config.auth_identity ?? global.smtp_auth_identity,
    require_tls: config.require_tls ?? global.smtp_require_tls ?? true,
    tls_config: config.tls_config ?? global.smtp_tls_config,
    force_implicit_tls: config.force_implicit_tls ?? global.smtp_force_implicit_tls,
    ...(!hasPassword && password),
    ...(!hasSecret && secret),
  })
}

function slackOf(config: SlackConfig, global: GlobalConfig): SlackConfig {
  const hasToken = isSet(config.app_token) || isSet(config.app_token_file)
  const hasUrl = isSet(config.api_url) || isSet(config.api_url_file)
  const takesToken = !hasToken && config.http_config?.authorization === undefined && !isSet(config.api_url)
  const token = takesToken ? global.slack_app_token : config.app_token
  const tokenFile = takesToken ? global.slack_app_token_file : config.app_token_file
  const usesToken = isSet(token) || isSet(tokenFile)
  const http = config.http_config ?? global.http_config ?? {}
  if (!usesToken) {
    const apiUrl = hasUrl ? config.api_url : global.slack_api_url
    const apiUrlFile = hasUrl ? config.api_url_file : global.slack_api_url_file
    if (!isSet(apiUrl) && !isSet(apiUrlFile)) {
      throw new ConfigError('no Slack API URL nor App token set either inline or in a file')
    }
    return defined({ ...config, http_config: http, api_url: apiUrl, api_url_file: apiUrlFile })
  }
  if (http.authorization !== undefined) {
    throw new ConfigError("http authorization can't be set when using Slack App tokens")
  }
  const authorization = defined({ type: 'Bearer', credentials: token, credentials_file: tokenFile })
  const apiUrl = config.app_url ?? global.slack_app_url ?? SLACK_POST_URL
  const { api_url_file: _file, ...rest } = config
  return { ...rest, http_config: { ...http, authorization }, api_url: apiUrl }
}

/** The same without fields that are undefined. */
function defined<T extends object>(fields: { readonly [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}

/** What must be said in the integration or in the global block. */
const REQUIRED: Readonly<
  Partial<Record<IntegrationName, readonly (readonly [own: string, global: keyof GlobalConfig, message: string])[]>>
> = {
  opsgenie_configs: [['api_key', 'opsgenie_api_key', 'no global OpsGenie API Key set either inline or in a file']],
  wechat_configs: [
    ['api_secret', 'wechat_api_secret', 'no global Wechat Api Secret set either inline or in a file'],
    ['corp_id', 'wechat_api_corp_id', 'no global Wechat CorpID set'],
  ],
  victorops_configs: [['api_key', 'victorops_api_key', 'no global VictorOps API Key set']],
  telegram_configs: [['bot_token', 'telegram_bot_token', 'missing bot_token or bot_token_file on telegram_config']],
  jira_configs: [['api_url', 'jira_api_url', 'no global Jira Cloud URL set']],
  rocketchat_configs: [
    ['token_id', 'rocketchat_token_id', 'no global Rocketchat TokenID set either inline or in a file'],
    ['token', 'rocketchat_token', 'no global Rocketchat Token set either inline or in a file'],
  ],
  mattermost_configs: [
    ['webhook_url', 'mattermost_webhook_url', 'missing webhook_url or webhook_url_file on mattermost_config'],
  ],
}

function checkOther(name: IntegrationName, config: Readonly<Record<string, unknown>>, global: GlobalConfig): void {
  const globals: Readonly<Record<string, unknown>> = { ...global }
  for (const [own, shared, message] of REQUIRED[name] ?? []) {
    const given = [config[own], config[`${own}_file`], globals[shared], globals[`${shared}_file`]]
    if (given.every((value) => value === undefined || value === '')) throw new ConfigError(message)
  }
}
