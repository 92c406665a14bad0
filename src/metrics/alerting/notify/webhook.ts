import { isSet } from '../config/http-config.ts'
import type { WebhookConfig } from '../config/integrations.ts'
import type { NotificationData } from '../templates/notification-data.ts'
import { checkAnswer, postJson, readSecret } from './http-post.ts'
import { type IntegrationContext, withTimeout } from './integration-context.ts'
import { type Integration, type Notification, NotifyError } from './notifier.ts'
import { rendered } from './render.ts'

/** Tells by posting JSON (prometheus/alertmanager notify/webhook). */
export class WebhookIntegration implements Integration {
  readonly type = 'webhook'
  readonly index: number
  readonly sendsResolved: boolean
  readonly #config: WebhookConfig
  readonly #context: IntegrationContext

  constructor(config: WebhookConfig, index: number, context: IntegrationContext) {
    this.index = index
    this.sendsResolved = config.send_resolved ?? true
    this.#config = config
    this.#context = context
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const { url = '', url_file: urlFile, http_config: http = {}, max_alerts: alertsMax = 0, payload } = this.#config
    const { alerts } = notification
    const told = alertsMax === 0 ? alerts : alerts.slice(0, alertsMax)
    const texts = rendered({ ...notification, alerts: told }, this.#context)
    const message = webhookBody(texts.data, {
      groupKey: notification.groupKey,
      truncatedAlerts: alerts.length - told.length,
    })
    const body = payload === undefined ? message : renderedPayload(payload, (text) => texts.text(text))
    const address = texts.text(isSet(urlFile) ? await readSecret(urlFile, this.#context) : url)
    if (address === '') throw new NotifyError('webhook URL is empty after templating', { isTemporary: false })
    const request = { url: address, body: `${JSON.stringify(body)}\n`, http }
    const { timeout: timeoutMs = 0 } = this.#config
    checkAnswer(
      await withTimeout(this.#context.clock, { timeoutMs, signal, what: 'webhook' }, (limited) =>
        postJson(request, this.#context, limited),
      ),
    )
  }
}

const ZERO_TIME = '0001-01-01T00:00:00Z'

/** The body of version 4. */
function webhookBody(
  data: NotificationData,
  { groupKey, truncatedAlerts }: { groupKey: string; truncatedAlerts: number },
): object {
  return {
    receiver: data.receiver,
    status: data.status,
    alerts: data.alerts.map(({ status, labels, annotations, startsAtMs, endsAtMs, generatorUrl, fingerprint }) => ({
      status,
      labels,
      annotations,
      startsAt: new Date(startsAtMs).toISOString(),
      endsAt: endsAtMs === undefined ? ZERO_TIME : new Date(endsAtMs).toISOString(),
      generatorURL: generatorUrl,
      fingerprint,
    })),
    notification_reason: data.notificationReason,
    groupLabels: data.groupLabels,
    commonLabels: data.commonLabels,
    commonAnnotations: data.commonAnnotations,
    routeLabels: data.routeLabels,
    externalURL: data.externalUrl,
    version: '4',
    groupKey,
    truncatedAlerts,
  }
}

/** A body of one's own: every text in it is a template. */
function renderedPayload(payload: unknown, render: (text: string) => string): unknown {
  if (typeof payload === 'string') return render(payload)
  if (Array.isArray(payload)) return payload.map((item) => renderedPayload(item, render))
  if (typeof payload !== 'object' || payload === null) return payload
  return Object.fromEntries(Object.entries(payload).map(([key, item]) => [render(key), renderedPayload(item, render)]))
}
