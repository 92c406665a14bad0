import { createHash } from 'node:crypto'
import { messageOf } from '../../../base/message-of.ts'
import type { LineTls } from '../../../world/line-connection.ts'
import type { Random } from '../../../world/random.ts'
import { isSet } from '../config/http-config.ts'
import { canonicalHeader, type EmailConfig } from '../config/integrations.ts'
import { readSecret } from './http-post.ts'
import type { IntegrationContext } from './integration-context.ts'
import { mimeMessage } from './mime.ts'
import { type Integration, type Notification, NotifyError } from './notifier.ts'
import { type Rendered, rendered } from './render.ts'
import { sendMail, type SmtpAuth } from './smtp.ts'

export interface MailContext extends IntegrationContext {
  readonly random: Random
}

const IMPLICIT_TLS_PORT = 465

/** Tells by mail (prometheus/alertmanager notify/email). */
export class EmailIntegration implements Integration {
  readonly type = 'email'
  readonly index: number
  readonly sendsResolved: boolean
  readonly #config: EmailConfig
  readonly #context: MailContext

  constructor(config: EmailConfig, index: number, context: MailContext) {
    this.index = index
    this.sendsResolved = config.send_resolved ?? false
    this.#config = config
    this.#context = context
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const { smarthost = '', hello = 'localhost', require_tls: requiresTls = true } = this.#config
    const texts = rendered(notification, this.#context)
    const from = addressesOf(texts.text(this.#config.from ?? ''), 'from')
    const to = addressesOf(texts.text(this.#config.to ?? ''), 'to')
    const [sender] = from
    if (sender === undefined || from.length > 1) {
      throw new NotifyError(`must be exactly one 'from' address (got: ${from.length})`, { isTemporary: false })
    }
    const message = this.#message(notification, texts)
    const { host, port } = splitHostPort(smarthost)
    const tls = await this.#tls(host)
    const isImplicit = this.#config.force_implicit_tls ?? port === IMPLICIT_TLS_PORT
    const auth = await this.#auth()
    try {
      const connection = await this.#context.network.connectLines({ host, port, signal, ...(isImplicit && { tls }) })
      const startTls = requiresTls && !isImplicit ? tls : undefined
      try {
        await sendMail(connection, { hello, startTls, auth, from: sender, to, message })
      } finally {
        connection.close()
      }
    } catch (failure) {
      if (failure instanceof NotifyError) throw failure
      throw new NotifyError(`establish connection to server: ${messageOf(failure)}`, {
        isTemporary: true,
        cause: failure,
      })
    }
  }

  #message(notification: Notification, texts: Rendered): string {
    const { clock, random } = this.#context
    const { html = '{{ template "email.default.html" . }}', text = '', threading } = this.#config
    const date = new Date(clock.now())
    const token = Buffer.from(random.bytes(16)).toString('hex')
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(this.#headers())) headers[name] = texts.text(value)
    headers['Message-Id'] ??= `<${clock.now()}.${token}@localhost>`
    if (threading?.enabled === true) {
      const day = threading.thread_by_date === 'none' ? '' : date.toISOString().slice(0, 10)
      const root = `<alert-${createHash('sha256').update(notification.groupKey).digest('hex').slice(0, 16)}-${day}@alertmanager>`
      headers['References'] = root
      headers['In-Reply-To'] = root
    }
    headers['Date'] = date.toUTCString().replace('GMT', '+0000')
    const plain = text === '' ? [] : [{ contentType: 'text/plain', body: texts.text(text) }]
    const rich = html === '' ? [] : [{ contentType: 'text/html', body: texts.text(html, 'html') }]
    return mimeMessage({ headers, parts: [...plain, ...rich], boundary: `dabba${token}` })
  }

  #headers(): Readonly<Record<string, string>> {
    const own = Object.entries(this.#config.headers ?? {}).map(
      ([name, value]) => [canonicalHeader(name), value] as const,
    )
    const { from = '', to = '' } = this.#config
    return { Subject: '{{ template "email.default.subject" . }}', To: to, From: from, ...Object.fromEntries(own) }
  }

  async #tls(host: string): Promise<LineTls> {
    const { tls_config: tls = {} } = this.#config
    const read = async (text: string | undefined, file: string | undefined): Promise<string | undefined> => {
      return isSet(file) ? await readSecret(file, this.#context) : text
    }
    const [ca, cert, key] = [
      await read(tls.ca, tls.ca_file),
      await read(tls.cert, tls.cert_file),
      await read(tls.key, tls.key_file),
    ]
    return {
      serverName: isSet(tls.server_name) ? tls.server_name : host,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(tls.insecure_skip_verify === true && { insecure: true }),
    }
  }

  async #auth(): Promise<SmtpAuth | undefined> {
    const { auth_username: username, auth_identity: identity = '' } = this.#config
    if (!isSet(username)) return undefined
    const secretOf = async (value: string | undefined, file: string | undefined): Promise<string | undefined> => {
      if (isSet(file)) return await readSecret(file, this.#context)
      return isSet(value) ? value : undefined
    }
    const {
      auth_password: password,
      auth_password_file: passwordFile,
      auth_secret: secret,
      auth_secret_file: secretFile,
    } = this.#config
    return {
      username,
      identity,
      password: await secretOf(password, passwordFile),
      secret: await secretOf(secret, secretFile),
    }
  }
}

/** Addresses of a list such as `Rani <rani@example.org>, cook@example.org`. */
function addressesOf(list: string, field: string): readonly string[] {
  const addresses = list.split(',').map((each) => /<([^<>]*)>\s*$/.exec(each)?.[1] ?? each.trim())
  const malformed = addresses.find((address) => !/^[^\s@<>]+@[^\s@<>]+$/.test(address))
  if (malformed !== undefined) {
    throw new NotifyError(`parse '${field}' addresses: ${JSON.stringify(malformed)} is no address`, {
      isTemporary: false,
    })
  }
  return addresses
}

function splitHostPort(address: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? []
  return { host, port: Number(port) }
}
