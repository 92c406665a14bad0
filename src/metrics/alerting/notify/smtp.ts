import { createHmac } from 'node:crypto'
import type { LineConnection, LineTls } from '../../../world/line-connection.ts'
import { NotifyError } from './notifier.ts'

export interface SmtpAuth {
  readonly username: string
  readonly identity: string
  readonly password: string | undefined
  /** For CRAM-MD5. */
  readonly secret: string | undefined
}

export interface SmtpMail {
  readonly hello: string
  /** Go on encrypted, and refuse a server that cannot. Undefined: it is encrypted already, or is not to be. */
  readonly startTls: LineTls | undefined
  readonly auth: SmtpAuth | undefined
  readonly from: string
  readonly to: readonly string[]
  /** Lines end in CR LF. */
  readonly message: string
}

/** Hands a mail to a server (RFC 5321). Rejects with a temporary `NotifyError` for what the server says no to. */
export async function sendMail(connection: LineConnection, mail: SmtpMail): Promise<void> {
  await expect(connection, 220, 'greeting')
  let extensions = await hello(connection, mail.hello)
  if (mail.startTls !== undefined) {
    if (!extensions.has('STARTTLS')) {
      throw temporary("'require_tls' is true (default) but the server does not advertise the STARTTLS extension")
    }
    await command(connection, 'STARTTLS', 220)
    await connection.startTls(mail.startTls)
    extensions = await hello(connection, mail.hello)
  }
  const mechanisms = extensions.get('AUTH')
  if (mail.auth !== undefined && mechanisms !== undefined)
    await authenticate(connection, mail.auth, mechanisms.split(' '))
  await command(connection, `MAIL FROM:<${mail.from}>`, 250)
  for (const address of mail.to) await command(connection, `RCPT TO:<${address}>`, 250)
  await command(connection, 'DATA', 354)
  // A line that begins with a dot would end the mail.
  await connection.write(`${mail.message.replace(/^\./gm, '..')}\r\n.\r\n`)
  await expect(connection, 250, 'DATA')
  await connection.write('QUIT\r\n')
}

/** What the server can do, by name, with what it says about it. */
async function hello(connection: LineConnection, name: string): Promise<ReadonlyMap<string, string>> {
  const lines = await command(connection, `EHLO ${name}`, 250)
  return new Map(
    lines.slice(1).map((line) => {
      const [keyword = '', ...parameters] = line.split(' ')
      return [keyword.toUpperCase(), parameters.join(' ')]
    }),
  )
}

async function authenticate(connection: LineConnection, auth: SmtpAuth, mechanisms: readonly string[]): Promise<void> {
  const { username, identity, password, secret } = auth
  for (const mechanism of mechanisms) {
    if (mechanism === 'CRAM-MD5' && secret !== undefined) {
      const [challenge = ''] = await command(connection, 'AUTH CRAM-MD5', 334)
      const digest = createHmac('md5', secret).update(Buffer.from(challenge, 'base64')).digest('hex')
      await command(connection, base64(`${username} ${digest}`), 235, 'AUTH')
      return
    }
    if (mechanism === 'PLAIN' && password !== undefined) {
      await command(connection, `AUTH PLAIN ${base64(`${identity}\0${username}\0${password}`)}`, 235, 'AUTH')
      return
    }
    if (mechanism === 'LOGIN' && password !== undefined) {
      await command(connection, 'AUTH LOGIN', 334)
      await command(connection, base64(username), 334, 'AUTH')
      await command(connection, base64(password), 235, 'AUTH')
      return
    }
  }
  throw temporary(`find auth mechanism: the server offers ${mechanisms.join(' ')}, and none of them has what it needs`)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** `shown` stands in messages for a command that has a secret in it. */
async function command(
  connection: LineConnection,
  line: string,
  code: number,
  shown = line,
): Promise<readonly string[]> {
  await connection.write(`${line}\r\n`)
  return await expect(connection, code, shown)
}

/** The lines of an answer, without their code. */
async function expect(connection: LineConnection, code: number, to: string): Promise<readonly string[]> {
  const lines: string[] = []
  for (;;) {
    const line = await connection.readLine()
    lines.push(line.slice(4))
    if (line.charAt(3) === '-') continue
    if (Number(line.slice(0, 3)) !== code) throw temporary(`${to}: ${line.slice(0, 3)} ${lines.join(' ')}`)
    return lines
  }
}

function temporary(message: string): NotifyError {
  return new NotifyError(message, { isTemporary: true })
}
