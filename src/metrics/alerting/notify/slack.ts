import { isSet } from '../config/http-config.ts'
import type { SlackConfig } from '../config/integrations.ts'
import { checkAnswer, type PostAnswer, postJson, readSecret } from './http-post.ts'
import { type Integration, type Notification, NotifyError } from './notifier.ts'
import { type Rendered, rendered } from './render.ts'
import { truncateInRunes } from './truncate.ts'
import { type IntegrationContext, withTimeout } from './integration-context.ts'

/** Slack takes no longer titles. */
const TITLE_MAX = 1_024

/** What a configuration says that says nothing, by the name of the field and of its default template. */
const DEFAULTS = {
  color: 'color',
  username: 'username',
  title: 'title',
  title_link: 'titlelink',
  icon_emoji: 'iconemoji',
  icon_url: 'iconurl',
  pretext: 'pretext',
  text: 'text',
  fallback: 'fallback',
  callback_id: 'callbackid',
  footer: 'footer',
} as const

/** Tells a channel of Slack's by an incoming webhook, or by a bot's token (prometheus/alertmanager notify/slack). */
export class SlackIntegration implements Integration {
  readonly type = 'slack'
  readonly index: number
  readonly sendsResolved: boolean
  readonly #config: SlackConfig
  readonly #context: IntegrationContext

  constructor(config: SlackConfig, index: number, context: IntegrationContext) {
    this.index = index
    this.sendsResolved = config.send_resolved ?? false
    this.#config = config
    this.#context = context
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const { api_url: url = '', api_url_file: urlFile, http_config: http = {}, timeout: timeoutMs = 0 } = this.#config
    const message = slackMessage(this.#config, rendered(notification, this.#context))
    const address = isSet(urlFile) ? await readSecret(urlFile, this.#context) : url
    const request = { url: address, body: JSON.stringify(message), http }
    const answer = await withTimeout(this.#context.clock, { timeoutMs, signal, what: 'slack' }, (limited) =>
      postJson(request, this.#context, limited),
    )
    // Slack asks to be left alone for a while: 429.
    checkAnswer(answer, [429])
    checkSlackAnswer(answer)
  }
}

function slackMessage(config: SlackConfig, texts: Rendered): object {
  const field = (name: keyof typeof DEFAULTS): string => {
    return texts.text(config[name] ?? `{{ template "slack.default.${DEFAULTS[name]}" . }}`)
  }
  const optional = (value: string | undefined): string | undefined => {
    const text = texts.text(value ?? '')
    return text === '' ? undefined : text
  }
  const attachment = {
    title: truncateInRunes(field('title'), TITLE_MAX).text,
    title_link: optionalText(field('title_link')),
    pretext: optionalText(field('pretext')),
    text: field('text'),
    fallback: field('fallback'),
    callback_id: field('callback_id'),
    fields: config.fields?.map(({ title = '', value = '', short }) => ({
      title: texts.text(title),
      value: texts.text(value),
      short: short ?? config.short_fields ?? false,
    })),
    actions: config.actions?.map((action) => ({
      type: texts.text(action.type ?? ''),
      text: texts.text(action.text ?? ''),
      url: optional(action.url),
      style: optional(action.style),
      name: optional(action.name),
      value: optional(action.value),
    })),
    image_url: optional(config.image_url),
    thumb_url: optional(config.thumb_url),
    footer: field('footer'),
    color: optionalText(field('color')),
    mrkdwn_in: config.mrkdwn_in ?? ['fallback', 'pretext', 'text'],
  }
  const { message_text: messageText } = config
  return {
    channel: optional(config.channel),
    username: optionalText(field('username')),
    icon_emoji: optionalText(field('icon_emoji')),
    icon_url: optionalText(field('icon_url')),
    link_names: config.link_names === true ? true : undefined,
    ...(isSet(messageText) ? { text: texts.text(messageText) } : { attachments: [attachment] }),
  }
}

function optionalText(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** Slack's API answers 200 to what it refuses. */
function checkSlackAnswer({ body }: PostAnswer): void {
  if (!body.startsWith('{')) return
  const answer = parsed(body)
  if (answer?.['ok'] === false)
    throw new NotifyError(`error response from Slack: ${String(answer['error'])}`, { isTemporary: false })
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    // Webhooks answer with plain text; what only looks like JSON is that too.
    return undefined
  }
}
