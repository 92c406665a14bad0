import { ConfigError } from './config/config-error.ts'
import type { ReceiverConfig } from './config/sections.ts'
import { IMPLEMENTED, INTEGRATIONS, type IntegrationName } from './config/integrations.ts'
import { checkHttpConfig } from './notify/http-post.ts'
import { EmailIntegration, type MailContext } from './notify/email.ts'
import type { Integration } from './notify/notifier.ts'
import { SlackIntegration } from './notify/slack.ts'
import { WebhookIntegration } from './notify/webhook.ts'

/** Every way to tell a receiver. Throws a `ConfigError` that names what is not there. */
export function integrationsOf(receiver: ReceiverConfig, context: MailContext): readonly Integration[] {
  const where = `receiver ${JSON.stringify(receiver.name)}`
  for (const name of Object.keys(INTEGRATIONS) as IntegrationName[]) {
    const isUsed = (receiver[name] ?? []).length > 0
    if (isUsed && !IMPLEMENTED.includes(name)) throw new ConfigError(`${where}: ${name} is not supported here`)
  }
  const webhooks = (receiver.webhook_configs ?? []).map((config = {}, index) => {
    checkHttpConfig(config.http_config ?? {}, where)
    return new WebhookIntegration(config, index, context)
  })
  const slacks = (receiver.slack_configs ?? []).map((config = {}, index) => {
    checkHttpConfig(config.http_config ?? {}, where)
    return new SlackIntegration(config, index, context)
  })
  const emails = (receiver.email_configs ?? []).map((config = {}, index) => {
    return new EmailIntegration(config, index, context)
  })
  return [...webhooks, ...slacks, ...emails]
}
