import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml'
import { SECRET } from './values.ts'

/** Fields that nobody is to read, by name; some are secrets in one place only. */
const SECRET_FIELDS = new Set([
  'smtp_auth_password',
  'smtp_auth_secret',
  'slack_api_url',
  'slack_app_token',
  'opsgenie_api_key',
  'wechat_api_secret',
  'victorops_api_key',
  'telegram_bot_token',
  'rocketchat_token',
  'rocketchat_token_id',
  'mattermost_webhook_url',
  'auth_password',
  'auth_secret',
  'app_token',
  'api_key',
  'api_secret',
  'bot_token',
  'token',
  'token_id',
  'user_key',
  'service_key',
  'webhook_url',
  'alert_source_token',
  'password',
  'credentials',
  'client_secret',
  'bearer_token',
  'secret_key',
  'client_certificate_key',
])
const SECRET_IN: Readonly<Record<string, ReadonlySet<string>>> = {
  api_url: new Set(['slack_configs']),
  url: new Set(['webhook_configs']),
  routing_key: new Set(['pagerduty_configs']),
  key: new Set(['tls_config', 'smtp_tls_config']),
}

/**
 * A configuration with its secrets hidden. Addresses of webhooks keep their host: older tools that read the configuration
 * take nothing else for an address.
 */
export function hideSecrets(content: string): string {
  const document = parseDocument(content, { version: '1.1' })
  if (document.contents !== null) hide(document.contents, '')
  return String(document)
}

function hide(node: Node, parent: string): void {
  if (isSeq(node)) {
    for (const item of node.items) hide(item as Node, parent)
    return
  }
  if (!isMap(node)) return
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : ''
    if (isScalar(value) && typeof value.value === 'string' && value.value !== '' && isSecret(name, parent)) {
      value.value = name === 'url' ? hiddenUrl(value.value) : SECRET
    } else if (value !== null) hide(value as Node, name)
  }
}

function isSecret(name: string, parent: string): boolean {
  return SECRET_FIELDS.has(name) || (SECRET_IN[name]?.has(parent) ?? false)
}

function hiddenUrl(url: string): string {
  const origin = /^https?:\/\/(?:[^/@]*@)?([^/?#{]+)/.exec(url)
  return origin === null ? SECRET : `${url.slice(0, url.indexOf('://'))}://${origin[1]}/${SECRET}`
}
