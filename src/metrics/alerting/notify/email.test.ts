import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { rehearsedWorld } from '../../../world/rehearsed-world.ts'
import type { EmailConfig } from '../config/integrations.ts'
import { NotificationTemplates } from '../templates/notification-templates.ts'
import { EmailIntegration } from './email.ts'
import { type Notification, NotifyError } from './notifier.ts'

/** A mail server that takes what it is told, line by line. */
class MailServer {
  readonly lines: string[] = []
  readonly #server: Server
  #isData = false

  constructor(answers: (line: string) => string) {
    this.#server = createServer((socket: Socket) => {
      socket.write('220 mail.test ready\r\n')
      socket.setEncoding('utf8')
      let rest = ''
      socket.on('error', () => undefined)
      socket.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\r\n')
        rest = lines.pop() ?? ''
        for (const line of lines) this.#take(line, socket, answers)
      })
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
  }

  #take(line: string, socket: Socket, answers: (line: string) => string): void {
    this.lines.push(line)
    if (this.#isData) {
      this.#isData = line !== '.'
      if (!this.#isData) socket.write('250 taken\r\n')
      return
    }
    this.#isData = line === 'DATA'
    socket.write(`${answers(line)}\r\n`)
  }
}

function usual(line: string): string {
  if (line.startsWith('EHLO')) return '250-mail.test\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN'
  if (line === 'DATA') return '354 go on'
  return line.startsWith('AUTH') ? '235 welcome' : '250 ok'
}

const NOTIFICATION: Notification = {
  receiver: 'kitchen',
  groupKey: '{}:{alertname="TawaCold"}',
  groupLabels: { alertname: 'TawaCold' },
  routeLabels: {},
  reason: 'first notification',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'TawaCold', stall: 'डोसा' },
      annotations: { summary: 'The tawa is cold' },
      startsAtMs: 0,
      endsAtMs: undefined,
      generatorUrl: 'http://prometheus.test/graph?g0.expr=tawa',
      fingerprint: '00',
    },
  ],
}

describe('a notification by mail', () => {
  let server: MailServer | undefined

  afterEach(() => server?.close())

  async function send(config: EmailConfig, answers = usual): Promise<readonly string[]> {
    server = new MailServer(answers)
    const port = await server.listen()
    const { clock, random, network, disk } = rehearsedWorld()
    const templates = new NotificationTemplates(() => clock.now())
    const context = {
      clock,
      random,
      network,
      disk,
      folder: '/',
      templates,
      externalUrl: 'http://am.test',
    }
    const base: EmailConfig = {
      to: 'Rani <rani@stall.test>, cook@stall.test',
      from: 'alerts@stall.test',
      smarthost: `127.0.0.1:${port}`,
      require_tls: false,
    }
    const email = new EmailIntegration({ ...base, ...config }, 0, context)
    await email.notify(NOTIFICATION, new AbortController().signal)
    return server.lines
  }

  test('goes to every address, with a subject, as text and as a page', async () => {
    const lines = await send({
      text: 'See {{ .CommonAnnotations.summary }}\n.hidden line',
      headers: { 'x-team': '{{ .Receiver }}' },
    })
    expect(lines.slice(0, 5)).toEqual([
      'EHLO localhost',
      'MAIL FROM:<alerts@stall.test>',
      'RCPT TO:<rani@stall.test>',
      'RCPT TO:<cook@stall.test>',
      'DATA',
    ])
    const subject = `=?utf-8?b?${Buffer.from('[FIRING:1] TawaCold (डोसा').toString('base64').slice(0, 20)}`
    expect(lines.find((line) => line.startsWith('Subject: '))).toContain(subject)
    expect(lines).toContain('X-Team: kitchen')
    expect(lines).toContain('See The tawa is cold')
    expect(lines).toContain('..hidden line')
    expect(lines.join('\n')).toMatch(/Content-Type: text\/html[^]*<!DOCTYPE html>/)
    expect(lines.join('')).toContain('=E0=A4=A1')
    expect(lines.every((line) => line.length <= 998)).toBe(true)
  })

  test('is sent after a password, and the password is in no message', async () => {
    const lines = await send({ auth_username: 'alerts', auth_password: 'masala' })
    expect(lines[1]).toBe(`AUTH PLAIN ${Buffer.from('\0alerts\0masala').toString('base64')}`)
    const refused = send({ auth_username: 'alerts', auth_password: 'masala' }, (line) =>
      line.startsWith('AUTH') ? '535 no' : usual(line),
    )
    await expect(refused).rejects.toThrow(new NotifyError('AUTH: 535 no', { isTemporary: true }))
  })

  test('is not sent in the clear when it must not be', async () => {
    await expect(send({ require_tls: true })).rejects.toThrow('does not advertise the STARTTLS extension')
  })

  test('is tried again when the server is away or busy', async () => {
    await expect(send({ smarthost: '127.0.0.1:1' })).rejects.toMatchObject({ isTemporary: true })
    await expect(send({}, (line) => (line.startsWith('MAIL') ? '451 later' : usual(line)))).rejects.toMatchObject({
      isTemporary: true,
      message: 'MAIL FROM:<alerts@stall.test>: 451 later',
    })
  })

  test('is given up where the address is none', async () => {
    await expect(send({ to: 'nobody' })).rejects.toMatchObject({ isTemporary: false })
  })
})
