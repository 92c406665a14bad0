import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { startCluster, type TestCluster } from '../../src/testing.ts'
import { arePodsReady } from '../support/cluster-pods.ts'
import { Stalls } from '../support/stalls.ts'

/** A shop whose pods break, in real time and over real connections: what its routes make of it. */
const MANIFESTS = fileURLToPath(new URL('fixtures/broken-backends.yaml', import.meta.url))
/** How late anything may be, beside what the whole process stood still: timers of proxies are good to 8 ms. */
const LATE_MS = 1_000
/** Before the first, second and third retry there is a pause of up to so much. */
const PAUSES_MS = 25 + 50 + 100

let cluster: TestCluster
let door: { readonly ip: string; readonly port: number }
const addresses = new Map<string, string>()

beforeAll(async () => {
  cluster = await startCluster({ clock: 'real', seed: 'broken-backends' })
  const host = await cluster.platform.reachFromHost()
  await cluster.apply(readFileSync(MANIFESTS, 'utf8'))
  await cluster.until(() => arePodsReady(cluster.client, 4))
  await host.settled()
  for (const { metadata, status } of (await cluster.client.list(Pod)).items) {
    addresses.set(metadata.name.replace(/^(istio-ingressgateway).*/, '$1'), status?.podIP ?? '')
  }
  const found = host.where({ ip: addresses.get('istio-ingressgateway') ?? '', port: 8080 })
  if (found === undefined) throw new Error('the gateway cannot be reached from the host')
  door = found
})

afterAll(() => cluster[Symbol.asyncDispose]())

interface Answer {
  /** 0: the connection ended without an answer. */
  readonly status: number
  readonly text: string
  readonly bytes: number
  readonly isWhole: boolean
  readonly tookMs: number
  /** How much of that the process stood still. */
  readonly stoodMs: number
}

/** So much of an answer is looked at. */
const TEXT_MAX = 1_000

function ask(path: string, leaveAfterTurns?: number): Promise<Answer> {
  const beganMs = performance.now()
  const stalls = new Stalls()
  return new Promise((resolve) => {
    let [status, text, bytes] = [0, '', 0]
    const end = (isWhole: boolean): void => {
      const tookMs = performance.now() - beganMs
      resolve({ status, text, bytes, isWhole, tookMs, stoodMs: stalls.sumMs })
      stalls[Symbol.dispose]()
    }
    const asked = request({ host: door.ip, port: door.port, path, headers: { host: 'shop.example' } }, (answer) => {
      status = answer.statusCode ?? 0
      answer.on('data', (part: Buffer) => {
        bytes += part.length
        if (text.length < TEXT_MAX) text += part.toString()
      })
      answer.on('end', () => end(true))
      answer.on('error', () => end(false))
    })
    asked.on('error', () => end(false))
    asked.end()
    if (leaveAfterTurns !== undefined) void turns(leaveAfterTurns).then(() => asked.destroy())
  })
}

/** So many turns of the event loop, in each of which everybody does what has come to them, however long it takes. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** What a proxy has counted so far, by status and flags. */
async function counts(pod: string): Promise<ReadonlyMap<string, number>> {
  const url = `http://${addresses.get(pod)}:15090/stats/prometheus`
  const page = await cluster.platform.network.request({ url, method: 'GET' }, {})
  let text = ''
  for await (const part of page.body) text += Buffer.from(part).toString()
  const found = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (!line.startsWith('istio_requests_total')) continue
    const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? ''
    const key = `${label('response_code')} ${label('response_flags')}`
    found.set(key, (found.get(key) ?? 0) + Number(line.split(' ').at(-1)))
  }
  return found
}

function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, count]) => count > 0),
  )
}

/** What comes of `act`, with what both proxies have counted since: that a connection broke off, they learn a little later. */
async function counted<Result>(act: () => Promise<Result>): Promise<{
  readonly result: Result
  readonly gateway: () => Promise<Record<string, number>>
  readonly pod: () => Promise<Record<string, number>>
}> {
  const [gateway, pod] = [await counts('istio-ingressgateway'), await counts('products')]
  return {
    result: await act(),
    gateway: async () => difference(gateway, await counts('istio-ingressgateway')),
    pod: async () => difference(pod, await counts('products')),
  }
}

const BROKEN = 'upstream connect error or disconnect/reset before headers.'
const AGAIN = `${BROKEN} retried and the latest`

describe('what a client gets, the gateway says of it, and the pod has seen', () => {
  test.each([
    ['/plain/', 200, '200 -', { '200 -': 1 }, 0, ''],
    // What an application says of itself is not tried again by default, nor is one that says nothing.
    ['/plain/busy', 503, '503 -', { '503 -': 1 }, 0, 'answers GET /busy'],
    ['/plain/hang', 504, '504 UT', { '0 DC': 1 }, 500, 'upstream request timeout'],
    ['/plain/reset', 503, '503 -', { '503 UC': 1 }, 0, `${BROKEN} reset reason: connection termination`],
    ['/plain/garbage', 502, '502 -', { '502 UPE': 1 }, 0, `${BROKEN} reset reason: protocol error`],
    ['/retried/busy', 503, '503 URX', { '503 -': 4 }, 0, 'answers GET /busy'],
    ['/retried/hang', 504, '504 URX,UT', { '0 DC': 4 }, 2_000, 'upstream request timeout'],
    ['/retried/reset', 503, '503 URX', { '503 UC': 4 }, 0, `${BROKEN} reset reason: connection termination`],
    ['/retried/garbage', 502, '502 URX', { '502 UPE': 4 }, 0, `${BROKEN} reset reason: protocol error`],
    ['/patient/hang', 504, '504 UT', { '0 DC': 1 }, 700, 'upstream request timeout'],
    ['/nobody/', 503, '503 UH', {}, 0, 'no healthy upstream'],
    ['/nowhere/', 503, '503 NC', {}, 0, ''],
    ['/unknown-subset', 503, '503 NC', {}, 0, ''],
    ['/elsewhere', 404, '404 NR', {}, 0, ''],
    // Without a proxy before it nobody answers in its place, and by default that is tried again.
    [
      '/gone/',
      503,
      '503 URX,UF',
      {},
      0,
      `${AGAIN} reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused`,
    ],
  ] as const)('%s: %i', async (path, status, told, seen, waitMs, text) => {
    const { result, gateway, pod } = await counted(() => ask(path))
    expect(result.status).toBe(status)
    expect(result.text).toContain(text)
    await expect.poll(gateway).toEqual({ [told]: 1 })
    await expect.poll(pod).toEqual(seen)
    expect(result.tookMs).toBeGreaterThanOrEqual(waitMs - 2)
    expect(result.tookMs - result.stoodMs).toBeLessThan(waitMs + PAUSES_MS + LATE_MS)
  })

  test('/short/hang: 504, as the whole time is up within the third attempt', async () => {
    const { result, gateway, pod } = await counted(() => ask('/short/hang'))
    expect(result).toMatchObject({ status: 504, text: 'upstream request timeout' })
    await expect.poll(gateway).toEqual({ '504 UT': 1 })
    // Two attempts of half a second each, and two pauses, leave 125 ms of it: who stood still longer made fewer.
    const attempts = result.stoodMs < 100 ? [3] : [1, 2, 3]
    await expect.poll(pod).toEqual({ '0 DC': expect.toBeOneOf(attempts) })
    expect(result.tookMs).toBeGreaterThanOrEqual(1_198)
    expect(result.tookMs - result.stoodMs).toBeLessThan(1_200 + LATE_MS)
  })

  test.each(['/patient/trickle', '/patient/endless'])('%s: its head, and no end once the time is up', async (path) => {
    const { result, gateway, pod } = await counted(() => ask(path))
    expect(result).toMatchObject({ status: 200, isWhole: false })
    expect(result.tookMs).toBeGreaterThanOrEqual(698)
    expect(result.tookMs - result.stoodMs).toBeLessThan(700 + LATE_MS)
    await expect.poll(gateway).toEqual({ '200 UT': 1 })
    await expect.poll(pod).toEqual({ '200 DC': 1 })
  })
})

test('where three in five requests fail, three retries leave one in eight', async () => {
  const calls = 400
  const share = 0.6 ** 4
  const { result, gateway, pod } = await counted(() =>
    Promise.all(Array.from({ length: calls }, () => ask('/retried/mostly-busy'))),
  )
  const failed = result.filter(({ status }) => status === 503).length
  expect(Math.abs(failed - calls * share)).toBeLessThan(4 * Math.sqrt(calls * share * (1 - share)))
  await expect.poll(gateway).toEqual({ '200 -': calls - failed, '503 URX': failed })
  await expect.poll(async () => (await pod())['200 -']).toBe(calls - failed)
  // Each that failed has been tried four times; one that succeeded, up to three times before that.
  const more = ((await pod())['503 -'] ?? 0) - 4 * failed
  expect(more).toBeGreaterThan(0)
  expect(more).toBeLessThanOrEqual(3 * (calls - failed))
})

test('a route by an expression that is none is refused, and the others hold', async () => {
  const spec = { hosts: ['other.example'], http: [{ match: [{ uri: { regex: '/api/(' } }], route: [] }] }
  const metadata = { name: 'broken', namespace: 'shop' }
  const broken = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec }
  await expect(cluster.apply([broken])).rejects.toThrow(/validation\.istio\.io.*denied.*missing closing \)/s)
  expect(await ask('/plain/')).toMatchObject({ status: 200 })
})

describe('clients that misbehave', () => {
  test('one that leaves is told of as such, on both sides', async () => {
    const { gateway, pod } = await counted(() => ask('/unhurried/hang', 20))
    await expect.poll(gateway).toEqual({ '0 DC': 1 })
    await expect.poll(pod).toEqual({ '0 DC': 1 })
  })

  test.each([
    ['sends garbage', '\x00\x01\x02\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    [
      'smuggles',
      'POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'HTTP/1.1 400 Bad Request',
    ],
    [
      'breaks its body',
      'POST /plain/ HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'HTTP/1.1 400 Bad Request',
    ],
    ['never ends its body', 'POST /plain/ HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 9\r\n\r\nhalf', ''],
    ['never ends its head', 'GET /plain/ HTTP/1.1\r\nHost: shop', ''],
  ])('one that %s harms nobody else', async (_what, bytes, answer) => {
    const socket = connect(door.port, door.ip)
    let heard = ''
    socket.on('data', (part: Buffer) => (heard += part.toString()))
    socket.on('error', () => undefined)
    socket.write(bytes, 'latin1')
    if (answer !== '') await cluster.until(() => heard.startsWith(answer))
    const others = await Promise.all(Array.from({ length: 20 }, () => ask('/plain/')))
    expect(others.every(({ status, isWhole }) => status === 200 && isWhole)).toBe(true)
    socket.destroy()
  })
})
