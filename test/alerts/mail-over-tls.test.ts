import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { newAuthority, newCredential } from '../../src/api/certificates/certificate.ts'
import { EmailIntegration } from '../../src/metrics/alerting/notify/email.ts'
import { NotificationTemplates } from '../../src/metrics/alerting/templates/notification-templates.ts'
import { rehearsedWorld } from '../../src/world/rehearsed-world.ts'

const HOUR_MS = 3_600_000
let server: Server | undefined
afterEach(() => server?.close())

test('a mail goes on encrypted, to a server that its authority vouches for and to no other', async () => {
  const world = rehearsedWorld({ seed: 'mail' })
  const nowMs = Date.now()
  const times = { notBeforeMs: nowMs - HOUR_MS, notAfterMs: nowMs + HOUR_MS }
  const authority = newAuthority({
    keys: world.keys,
    commonName: 'mail authority',
    ...times,
    serial: world.random.bytes(16),
  })
  const credential = newCredential(
    {
      keys: world.keys,
      subject: { commonName: 'mail' },
      usages: ['server'],
      names: ['127.0.0.1', 'mail.test'],
      ...times,
      serial: world.random.bytes(16),
    },
    authority,
  )
  const heard: string[] = []
  server = createServer((socket) => speak(socket, { credential, heard, isEncrypted: false }))
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const send = (tls: object): Promise<void> => {
    const { clock, random, network, disk } = world
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
    const config = {
      to: 'rani@stall.test',
      from: 'alerts@stall.test',
      smarthost: `127.0.0.1:${port}`,
      require_tls: true,
      auth_username: 'a',
      auth_password: 'b',
    }
    const email = new EmailIntegration({ ...config, tls_config: tls }, 0, context)
    const notification = {
      receiver: 'r',
      groupKey: 'k',
      groupLabels: {},
      routeLabels: {},
      reason: 'first notification' as const,
      alerts: [],
    }
    return email.notify(notification, new AbortController().signal)
  }

  await send({ ca: authority.certificate, server_name: 'mail.test' })
  expect(heard.slice(0, 2)).toEqual(['clear: EHLO localhost', 'clear: STARTTLS'])
  expect(heard.slice(2, 5)).toEqual([
    'secret: EHLO localhost',
    expect.stringMatching(/^secret: AUTH PLAIN /),
    'secret: MAIL FROM:<alerts@stall.test>',
  ])
  expect(heard.filter((line) => line.startsWith('clear: '))).toHaveLength(2)
  await expect(send({ server_name: 'mail.test' })).rejects.toMatchObject({ isTemporary: true })
})

interface Speaking {
  readonly credential: { readonly key: string; readonly certificate: string }
  readonly heard: string[]
  readonly isEncrypted: boolean
}

function speak(socket: Socket, { credential, heard, isEncrypted }: Speaking): void {
  let isData = false
  socket.on('error', () => undefined)
  if (!isEncrypted) socket.write('220 mail.test ready\r\n')
  socket.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').split('\r\n').slice(0, -1)) {
      if (isData) {
        isData = line !== '.'
        if (!isData) socket.write('250 taken\r\n')
        continue
      }
      heard.push(`${isEncrypted ? 'secret' : 'clear'}: ${line}`)
      if (line === 'STARTTLS') {
        socket.write('220 go on\r\n')
        socket.removeAllListeners('data')
        const secure = new TLSSocket(socket, { isServer: true, key: credential.key, cert: credential.certificate })
        speak(secure, { credential, heard, isEncrypted: true })
        return
      }
      isData = line === 'DATA'
      const extensions = isEncrypted ? '250 AUTH PLAIN' : '250 STARTTLS'
      socket.write(
        `${line.startsWith('EHLO') ? `250-mail.test\r\n${extensions}` : isData ? '354 go on' : line.startsWith('AUTH') ? '235 welcome' : '250 ok'}\r\n`,
      )
    }
  })
}
