import {
  anything,
  bool,
  checked,
  duration,
  int,
  list,
  mapOf,
  object,
  sparseList,
  text,
  type TypeOf,
  type YamlType,
} from '../../yaml/types.ts'
import { httpConfig, isSet, tlsConfig } from './http-config.ts'
import { goDuration, hostPort, secretUrl, templateUrl, url } from './values.ts'

const COMMON = { send_resolved: bool, http_config: httpConfig }

/** At most one of a value and the file that holds it. */
function notBoth(config: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    if (isGiven(config[name]) && isGiven(config[`${name}_file`]))
      return `at most one of ${name} & ${name}_file must be configured`
  }
  return undefined
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== ''
}

function oneOf(config: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const isThere = isGiven(config[name]) || isGiven(config[`${name}_file`])
  return isThere ? notBoth(config, name) : `one of ${name} or ${name}_file must be configured`
}

export const webhookConfig = checked(
  object('webhook.plain', {
    ...COMMON,
    url: templateUrl,
    url_file: text,
    max_alerts: int,
    timeout: goDuration,
    payload: anything,
  }),
  (config) => oneOf(config, 'url'),
)
export type WebhookConfig = TypeOf<typeof webhookConfig>

export const emailConfig = checked(
  object('config.plain', {
    send_resolved: bool,
    to: text,
    from: text,
    hello: text,
    smarthost: hostPort,
    auth_username: text,
    auth_password: text,
    auth_password_file: text,
    auth_secret: text,
    auth_secret_file: text,
    auth_identity: text,
    headers: mapOf(text),
    html: text,
    text,
    require_tls: bool,
    tls_config: tlsConfig,
    force_implicit_tls: bool,
    threading: object('config.ThreadingConfig', { enabled: bool, thread_by_date: text }),
  }),
  emailProblem,
)
export type EmailConfig = TypeOf<typeof emailConfig>

function emailProblem(config: {
  to?: string
  headers?: Readonly<Record<string, string>>
  threading?: { enabled?: boolean; thread_by_date?: string }
}): string | undefined {
  if (!isSet(config.to)) return 'missing to address in email config'
  const names = new Set<string>()
  for (const header of Object.keys(config.headers ?? {})) {
    const name = canonicalHeader(header)
    if (names.has(name)) return `duplicate header ${JSON.stringify(name)} in email config`
    names.add(name)
  }
  if (config.threading?.enabled !== true) return undefined
  for (const name of ['References', 'In-Reply-To']) {
    if (names.has(name)) return `conflicting configuration: threading.enabled conflicts with custom ${name} header`
  }
  const isKnown = ['none', 'daily'].includes(config.threading.thread_by_date ?? '')
  return isKnown ? undefined : "threading.thread_by_date must be either 'none' or 'daily'"
}

/** `in-reply-to` → `In-Reply-To` */
export function canonicalHeader(name: string): string {
  return name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
}

const slackConfirmation = checked(
  object('config.plain', { text, title: text, ok_text: text, dismiss_text: text }),
  (config) => (isSet(config.text) ? undefined : 'missing text in Slack confirmation configuration'),
)

const slackAction = checked(
  object('config.plain', {
    type: text,
    text,
    url: text,
    style: text,
    name: text,
    value: text,
    confirm: slackConfirmation,
  }),
  (action) => {
    if (!isSet(action.type)) return 'missing type in Slack action configuration'
    if (!isSet(action.text)) return 'missing text in Slack action configuration'
    return isSet(action.url) || isSet(action.name) ? undefined : 'missing name or url in Slack action configuration'
  },
)

const slackField = checked(object('config.plain', { title: text, value: text, short: bool }), (field) => {
  if (!isSet(field.title)) return 'missing title in Slack field configuration'
  return isSet(field.value) ? undefined : 'missing value in Slack field configuration'
})

export const SLACK_POST_URL = 'https://slack.com/api/chat.postMessage'

export const slackConfig = checked(
  object('config.plain', {
    ...COMMON,
    api_url: secretUrl,
    api_url_file: text,
    app_token: text,
    app_token_file: text,
    app_url: url,
    channel: text,
    username: text,
    color: text,
    title: text,
    title_link: text,
    pretext: text,
    text,
    message_text: text,
    fields: list(slackField),
    short_fields: bool,
    footer: text,
    fallback: text,
    callback_id: text,
    icon_emoji: text,
    icon_url: text,
    image_url: text,
    thumb_url: text,
    link_names: bool,
    mrkdwn_in: list(text),
    actions: list(slackAction),
    update_message: bool,
    timeout: goDuration,
  }),
  (config) => {
    const both = notBoth(config, 'api_url', 'app_token')
    if (both !== undefined) return both
    const hasUrl = isSet(config.api_url) || isSet(config.api_url_file)
    const hasToken = isSet(config.app_token) || isSet(config.app_token_file)
    if (hasUrl && hasToken) return 'at most one of api_url/api_url_file & app_token/app_token_file must be configured'
    if (config.update_message === true && isSet(config.api_url) && config.api_url !== SLACK_POST_URL) {
      return `update_message can only be used with bot tokens. api_url must be set to ${SLACK_POST_URL}`
    }
    return undefined
  },
)
export type SlackConfig = TypeOf<typeof slackConfig>

type Config = Readonly<Record<string, unknown>>
type Fields = Readonly<Record<string, YamlType<unknown>>>

/** An integration that is read and checked, and that this program has no way to notify. */
function other(
  goType: string,
  fields: Fields,
  problemOf: (config: Config) => string | undefined = () => undefined,
): YamlType<Config> {
  return checked(object(goType, { ...COMMON, ...fields }) as YamlType<Config>, problemOf)
}

function texts(...names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, text]))
}

function required(config: Config, name: string, message: string): string | undefined {
  return isGiven(config[name]) ? undefined : message
}

const RESPONDER_TYPE = /^(?:team|teams|user|escalation|schedule)$/i

/** Every integration by its field in a receiver. */
export const INTEGRATIONS = {
  webhook_configs: sparseList(webhookConfig),
  email_configs: sparseList(emailConfig),
  slack_configs: sparseList(slackConfig),
  discord_configs: sparseList(
    other(
      'discord.plain',
      { webhook_url: secretUrl, ...texts('webhook_url_file', 'content', 'title', 'message', 'username', 'avatar_url') },
      (config) => oneOf(config, 'webhook_url'),
    ),
  ),
  incidentio_configs: sparseList(
    other(
      'incidentio.plain',
      {
        url,
        max_alerts: int,
        timeout: goDuration,
        ...texts('url_file', 'alert_source_token', 'alert_source_token_file'),
      },
      (config) => oneOf(config, 'url') ?? notBoth(config, 'alert_source_token'),
    ),
  ),
  pagerduty_configs: sparseList(
    other(
      'pagerduty.plain',
      {
        url,
        details: anything,
        images: list(object('pagerduty.PagerdutyImage', { src: text, alt: text, href: text })),
        links: list(object('pagerduty.PagerdutyLink', { href: text, text })),
        timeout: goDuration,
        ...texts('service_key', 'service_key_file', 'routing_key', 'routing_key_file', 'client', 'client_url'),
        ...texts('description', 'source', 'severity', 'class', 'component', 'group'),
      },
      (config) => {
        const keys = ['routing_key', 'service_key', 'routing_key_file', 'service_key_file']
        if (!keys.some((key) => isGiven(config[key]))) return 'missing service or routing key in PagerDuty config'
        return notBoth(config, 'routing_key', 'service_key')
      },
    ),
  ),
  opsgenie_configs: sparseList(
    other(
      'opsgenie.plain',
      {
        api_url: url,
        details: mapOf(text),
        responders: list(
          checked(
            object('opsgenie.OpsGenieConfigResponder', { id: text, name: text, username: text, type: text }),
            (each) => {
              if (!isSet(each.id) && !isSet(each.username) && !isSet(each.name)) {
                return 'opsGenieConfig responder has to have at least one of id, username or name specified'
              }
              if (each.type?.includes('{{') === true || RESPONDER_TYPE.test(each.type ?? '')) return undefined
              return `opsGenieConfig responder type does not match valid options ${RESPONDER_TYPE.source}`
            },
          ),
        ),
        update_alerts: bool,
        ...texts(
          'api_key',
          'api_key_file',
          'message',
          'description',
          'source',
          'entity',
          'actions',
          'tags',
          'note',
          'priority',
        ),
      },
      (config) => notBoth(config, 'api_key'),
    ),
  ),
  wechat_configs: sparseList(
    other(
      'config.plain',
      {
        api_url: url,
        ...texts(
          'api_secret',
          'api_secret_file',
          'corp_id',
          'message',
          'to_user',
          'to_party',
          'to_tag',
          'agent_id',
          'message_type',
        ),
      },
      (config) => {
        const type = config['message_type'] ?? 'text'
        if (type !== 'text' && type !== 'markdown') {
          return `weChat message type ${JSON.stringify(type)} does not match valid options ^(text|markdown)$`
        }
        return notBoth(config, 'api_secret')
      },
    ),
  ),
  pushover_configs: sparseList(
    other(
      'pushover.plain',
      {
        retry: goDuration,
        expire: goDuration,
        ttl: goDuration,
        html: bool,
        monospace: bool,
        ...texts(
          'user_key',
          'user_key_file',
          'token',
          'token_file',
          'title',
          'message',
          'url',
          'url_title',
          'device',
          'sound',
          'priority',
        ),
      },
      (config) => {
        const problem = oneOf(config, 'user_key') ?? oneOf(config, 'token')
        if (problem !== undefined) return problem
        const isBoth = config['html'] === true && config['monospace'] === true
        return isBoth ? 'at most one of monospace & html must be configured' : undefined
      },
    ),
  ),
  victorops_configs: sparseList(
    other(
      'config.plain',
      {
        api_url: url,
        custom_fields: mapOf(text),
        ...texts(
          'api_key',
          'api_key_file',
          'routing_key',
          'message_type',
          'state_message',
          'entity_display_name',
          'monitoring_tool',
        ),
      },
      (config) =>
        required(config, 'routing_key', 'missing Routing key in VictorOps config') ?? notBoth(config, 'api_key'),
    ),
  ),
  sns_configs: sparseList(
    other(
      'sns.plain',
      {
        sigv4: object('sigv4.plain', {
          ...texts('region', 'access_key', 'secret_key', 'profile', 'role_arn', 'external_id'),
          use_fips_sts_endpoint: bool,
        }),
        attributes: mapOf(text),
        use_aws_http_client: bool,
        ...texts('api_url', 'topic_arn', 'phone_number', 'target_arn', 'subject', 'message'),
      },
      (config) => {
        const given = ['target_arn', 'topic_arn', 'phone_number'].filter((name) => isGiven(config[name]))
        return given.length === 1
          ? undefined
          : 'must provide either a Target ARN, Topic ARN, or Phone Number for SNS config'
      },
    ),
  ),
  telegram_configs: sparseList(
    other(
      'telegram.plain',
      {
        api_url: url,
        chat_id: int,
        message_thread_id: int,
        disable_notifications: bool,
        ...texts('bot_token', 'bot_token_file', 'chat_id_file', 'message', 'parse_mode'),
      },
      telegramProblem,
    ),
  ),
  webex_configs: sparseList(
    other('config.plain', { api_url: url, ...texts('message', 'room_id') }, (config) => {
      const http = config['http_config'] as { authorization?: unknown } | undefined
      if (!isGiven(config['room_id'])) return 'missing room_id on webex_config'
      return http?.authorization === undefined ? 'missing webex_configs.http_config.authorization' : undefined
    }),
  ),
  msteams_configs: sparseList(
    other(
      'msteams.plain',
      { webhook_url: secretUrl, ...texts('webhook_url_file', 'title', 'summary', 'text') },
      (config) => oneOf(config, 'webhook_url'),
    ),
  ),
  msteamsv2_configs: sparseList(
    other('msteamsv2.plain', { webhook_url: secretUrl, ...texts('webhook_url_file', 'title', 'text') }, (config) =>
      oneOf(config, 'webhook_url'),
    ),
  ),
  jira_configs: sparseList(
    other(
      'jira.plain',
      {
        api_url: url,
        summary: anything,
        description: anything,
        labels: list(text),
        reopen_duration: duration,
        fields: anything,
        ...texts(
          'api_type',
          'project',
          'priority',
          'issue_type',
          'reopen_transition',
          'resolve_transition',
          'wont_fix_resolution',
        ),
      },
      (config) =>
        required(config, 'project', 'missing project in jira_config') ??
        required(config, 'issue_type', 'missing issue_type in jira_config'),
    ),
  ),
  rocketchat_configs: sparseList(
    other(
      'rocketchat.plain',
      {
        api_url: url,
        fields: anything,
        short_fields: bool,
        link_names: bool,
        actions: anything,
        ...texts('token_id', 'token_id_file', 'token', 'token_file', 'channel', 'color', 'title', 'title_link', 'text'),
        ...texts('emoji', 'icon_url', 'image_url', 'thumb_url'),
      },
      (config) => notBoth(config, 'token', 'token_id'),
    ),
  ),
  mattermost_configs: sparseList(
    other(
      'mattermost.plain',
      {
        webhook_url: secretUrl,
        fields: anything,
        attachments: anything,
        props: anything,
        priority: anything,
        ...texts(
          'webhook_url_file',
          'channel',
          'username',
          'text',
          'fallback',
          'color',
          'pretext',
          'author_name',
          'author_link',
        ),
        ...texts(
          'author_icon',
          'title',
          'title_link',
          'thumb_url',
          'footer',
          'footer_icon',
          'image_url',
          'icon_url',
          'icon_emoji',
          'type',
        ),
      },
      (config) => notBoth(config, 'webhook_url'),
    ),
  ),
}

function telegramProblem(config: Config): string | undefined {
  const both = notBoth(config, 'bot_token')
  if (both !== undefined) return both
  if (!isGiven(config['chat_id']) && !isGiven(config['chat_id_file']))
    return 'missing chat_id or chat_id_file on telegram_config'
  const mode = config['parse_mode'] ?? ''
  const isKnown = ['', 'Markdown', 'MarkdownV2', 'HTML'].includes(typeof mode === 'string' ? mode : '-')
  return isKnown
    ? undefined
    : 'unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string'
}

export type IntegrationName = keyof typeof INTEGRATIONS

/** Integrations of which this program can notify. */
export const IMPLEMENTED: readonly IntegrationName[] = ['webhook_configs', 'slack_configs', 'email_configs']
