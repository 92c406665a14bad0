import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { grpcFrame } from '../../src/base/grpc.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady } from '../support/cluster-pods.ts'

/** Calls of gRPC over real connections, in HTTP/2 with prior knowledge: through a gateway, and to a pod without the mesh. */
const MANIFESTS = fileURLToPath(new URL('fixtures/calls.yaml', import.meta.url))

let cluster: TestCluster
let gateway: ClientHttp2Session
let alone: ClientHttp2Session
const addresses = new Map<string, string>()

beforeAll(async () => {
  cluster = await startCluster({ clock: 'real', seed: 'calls' })
  const host = await cluster.platform.reachFromHost()
  await cluster.apply(readFileSync(MANIFESTS, 'utf8'))
  await cluster.until(() => arePodsReady(cluster.client, 4))
  await host.settled()
  for (const { metadata, status } of (await cluster.client.list(Pod)).items) {
    addresses.set(metadata.name.replace(/^(istio-ingressgateway).*/, '$1'), status?.podIP ?? '')
  }
  const sessionTo = (pod: string, port: number): ClientHttp2Session => {
    const door = host.where({ ip: addresses.get(pod) ?? '', port })
    return connect(`http://${door?.ip}:${door?.port}`)
  }
  gateway = sessionTo('istio-ingressgateway', 8080)
  alone = sessionTo('alone', 9000)
})

afterAll(async () => {
  gateway.destroy()
  alone.destroy()
  await cluster[Symbol.asyncDispose]()
})

interface Answered {
  /** Of gRPC, wherever it was. */
  readonly status: string | undefined
  readonly message: string | undefined
  /** Whether all was in the head. */
  readonly isHeadOnly: boolean
  /** In hexadecimal, with their frames. */
  readonly messages: string
}

const TEA = '00000000050a03746561'
const BASIC = { ':method': 'POST', ':authority': 'shop.example', 'content-type': 'application/grpc', te: 'trailers' }

function call(
  session: ClientHttp2Session,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly message?: Uint8Array } = {},
): Promise<Answered> {
  const { headers = {}, message = new Uint8Array(0) } = options
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...BASIC, ':path': path, ...headers })
    let fields: Readonly<Record<string, unknown>> = {}
    let isHeadOnly = false
    const parts: Buffer[] = []
    stream.on('response', (head, flags) => {
      fields = head
      isHeadOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    })
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('trailers', (trailers) => (fields = { ...fields, ...trailers }))
    stream.on('error', reject)
    stream.on('end', () =>
      resolve({
        status: fields['grpc-status'] as string | undefined,
        message: fields['grpc-message'] as string | undefined,
        isHeadOnly,
        messages: Buffer.concat(parts).toString('hex'),
      }),
    )
    stream.end(grpcFrame(message))
  })
}

async function counts(pod: string): Promise<Record<string, number>> {
  const url = `http://${addresses.get(pod)}:15090/stats/prometheus`
  const page = await cluster.platform.network.request({ url, method: 'GET' }, {})
  let text = ''
  for await (const part of page.body) text += Buffer.from(part).toString()
  const found: Record<string, number> = {}
  for (const line of text.split('\n')) {
    if (!line.startsWith('istio_requests_total')) continue
    const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? ''
    const key = `${label('request_protocol')} ${label('response_code')} ${label('grpc_response_status')}`
    found[key] = (found[key] ?? 0) + Number(line.split(' ').at(-1))
  }
  return found
}

describe.each(['through a gateway', 'to a pod without the mesh'])('a call %s', (way) => {
  const session = (): ClientHttp2Session => (way === 'through a gateway' ? gateway : alone)

  test('is answered with a message, or as many as a stream has', async () => {
    const ok = { status: '0', message: undefined, isHeadOnly: false }
    expect(await call(session(), '/shop.Cart/Get')).toEqual({ ...ok, messages: TEA })
    expect(await call(session(), '/shop.Cart/List')).toEqual({ ...ok, messages: TEA.repeat(3) })
  })

  test('is answered with what was sent', async () => {
    const message = Buffer.from('पाव भाजी'.repeat(20_000))
    const { status, messages } = await call(session(), '/shop.Cart/Echo', { message })
    expect(status).toBe('0')
    expect(messages).toBe(Buffer.from(grpcFrame(message)).toString('hex'))
  })

  test('fails with a status and words, all of it in the head', async () => {
    const failed = await call(session(), '/shop.Cart/Missing', { headers: { 'x-user': 'आशा' } })
    expect(failed).toMatchObject({ status: '5', isHeadOnly: true, messages: '' })
    expect(decodeURIComponent(failed.message ?? '')).toMatch(/^no cart of .*, 0 %$/)
    expect(await call(session(), '/shop.Cart/Unknown')).toEqual({
      status: '12',
      message: 'unknown method /shop.Cart/Unknown',
      isHeadOnly: true,
      messages: '',
    })
  })

  test('finds out that the server is well', async () => {
    expect(await call(session(), '/grpc.health.v1.Health/Check')).toMatchObject({
      status: '0',
      messages: '00000000020801',
    })
  })
})

describe('on its way', () => {
  test('it is tried again by its status, and the proxies count its statuses', async () => {
    const before = await counts('cart')
    expect(await call(gateway, '/shop.Cart/Down', { headers: { 'x-eager': 'yes' } })).toMatchObject({ status: '14' })
    expect(await call(gateway, '/shop.Cart/Down')).toMatchObject({ status: '14' })
    const after = await counts('cart')
    expect((after['grpc 200 14'] ?? 0) - (before['grpc 200 14'] ?? 0)).toBe(4 + 1)
    expect((await counts('istio-ingressgateway'))['grpc 200 14']).toBe(2)
  })

  test('where every second one fails, three retries leave one in sixteen', async () => {
    const calls = 400
    const all = await Promise.all(
      Array.from({ length: calls }, () => call(gateway, '/shop.Cart/Shaky', { headers: { 'x-eager': 'yes' } })),
    )
    const failed = all.filter(({ status }) => status === '8')
    expect(failed.every(({ message }) => message === 'full')).toBe(true)
    expect(Math.abs(failed.length - calls / 16)).toBeLessThan(4 * Math.sqrt((calls * 15) / 256))
    expect(all.filter(({ status }) => status === '0')).toHaveLength(calls - failed.length)
  })

  test('a proxy that answers in place of the pod does so in gRPC', async () => {
    const late = await call(gateway, '/shop.Cart/Slow')
    expect(late).toMatchObject({ status: '14', message: 'upstream request timeout', isHeadOnly: true })
    const broken = await call(gateway, '/shop.Cart/Reset')
    expect(broken).toMatchObject({ status: '14', isHeadOnly: true })
    expect(broken.message).toContain('reset reason: connection termination')
    const elsewhere = await call(gateway, '/', { headers: { ':authority': 'other.example' } })
    expect(elsewhere).toMatchObject({ status: '12' })
  })
})
