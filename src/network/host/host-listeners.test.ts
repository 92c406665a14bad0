import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { storagePathOf } from '../../apiserver/rest/meta.ts'
import { BrokenConnection, type Serve } from '../../world/answering.ts'
import { RealClock } from '../../world/real-clock.ts'
import { RealNetwork } from '../../world/real-network.ts'
import { RealSockets } from '../../world/real-sockets.ts'
import type { Sockets } from '../../world/sockets.ts'
import { textResponse } from '../../world/web.ts'
import { ClusterNetwork } from '../cluster-network.ts'
import { type ConnectionTaker, HostListeners } from './host-listeners.ts'

interface Host extends TestCluster {
  readonly network: ClusterNetwork
  readonly listeners: HostListeners
  readonly failures: readonly string[]
}

interface Options {
  readonly sockets?: Sockets
  readonly taker?: ConnectionTaker
  readonly listenersMax?: number
}

/** A cluster whose addresses the host reaches. Ports are high: those below 1,024 take privileges. */
async function hostOf(options: Options = {}): Promise<Host> {
  const cluster = await testCluster()
  const network = new ClusterNetwork({ informers: cluster.informers, clock: cluster.clock })
  await cluster.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as ApiObject)
  const failures: string[] = []
  const listeners = new HostListeners({
    network,
    informers: cluster.informers,
    sockets: options.sockets ?? new RealSockets(),
    clock: new RealClock(),
    ...options,
    onError: (error) => failures.push(error.message),
  })
  await listeners.start()
  const dispose = async (): Promise<void> => {
    await listeners.close()
    await cluster[Symbol.asyncDispose]()
  }
  return { ...cluster, network, listeners, failures, [Symbol.asyncDispose]: dispose }
}

const says =
  (text: string): Serve =>
  async ({ target, from = 'the host' }) => ({
    status: 200,
    headers: { 'x-pod': text },
    body: bytes(`${text} ${target} ${from}`),
  })

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** An answer comes within this, and silence is what lasts so long. */
const PATIENCE_MS = 60_000
const SILENCE_MS = 2_000

/** What a client on the host gets: the body, or the code of its error. */
async function get(url: string, patienceMs = PATIENCE_MS): Promise<string> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const { body } = await new RealNetwork().request({ url, method: 'GET', headers: { connection: 'close' }, signal })
    let text = ''
    for await (const chunk of body) text += Buffer.from(chunk).toString()
    return text
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message
  }
}

function endpointsOf(service: string, ...ips: readonly string[]): ApiObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'shop', name: `${service}-1`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [{ name: 'http', port: 18_080, protocol: 'TCP' }],
  } as ApiObject
}

async function webService({ client, network }: Host, spec: object = {}): Promise<void> {
  const ports = [{ name: 'http', port: 18_081, targetPort: 18_080 }]
  await client.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { clusterIP: '10.96.3.7', clusterIPs: ['10.96.3.7'], ports, ...spec },
  } as ApiObject)
  await client.create(endpointsOf('web', '10.244.3.5', '10.244.3.6'))
  for (const ip of ['10.244.3.5', '10.244.3.6']) network.listen({ ip, port: 18_080, protocol: 'HTTP', serve: says(ip) })
}

describe('the host reaches', () => {
  test('a pod at the same address in its loopback network, as long as it listens', async () => {
    await using host = await hostOf()
    const close = host.network.listen({ ip: '10.244.3.5', port: 18_080, protocol: 'HTTP', serve: says('web') })
    await host.listeners.settled()
    expect(await get('http://127.244.3.5:18080/cart?a=b')).toBe('web /cart?a=b the host')
    expect(host.listeners.list()).toEqual([{ name: 'pod/10.244.3.5:18080', host: '127.244.3.5', port: 18_080 }])
    expect(host.listeners.where({ ip: '10.244.3.5', port: 18_080 })).toEqual({ ip: '127.244.3.5', port: 18_080 })
    close()
    await host.listeners.settled()
    expect(await get('http://127.244.3.5:18080/')).toBe('ECONNREFUSED')
  })

  test('a program in a pod', async () => {
    await using host = await hostOf()
    const handler = ({ path }: { path: string }) => Promise.resolve(textResponse(200, `program ${path}`))
    host.network.listen({ ip: '10.244.3.5', port: 18_080, handler })
    await host.listeners.settled()
    expect(await get('http://127.244.3.5:18080/x')).toBe('program /x')
  })

  test('a Service at its address: its endpoints take turns, one a connection', async () => {
    await using host = await hostOf()
    await webService(host)
    await host.listeners.settled()
    const answers = []
    for (let count = 0; count < 3; count++) answers.push(await get('http://127.96.3.7:18081/'))
    expect(answers).toEqual(['10.244.3.5 / the host', '10.244.3.6 / the host', '10.244.3.5 / the host'])
  })

  test('node ports, and the ports of load balancers, on 127.0.0.1 too', async () => {
    await using host = await hostOf()
    await webService(host, { type: 'LoadBalancer', ports: [{ name: 'http', port: 18_081, nodePort: 30_181 }] })
    await host.client.mergePatch(
      Service,
      { namespace: 'shop', name: 'web' },
      { status: { loadBalancer: { ingress: [{ ip: '10.254.0.1', ipMode: 'VIP' }] } } },
      'status',
    )
    await host.listeners.settled()
    for (const address of ['127.0.0.1:30181', '127.0.0.1:18081', '127.254.0.1:18081']) {
      expect(await get(`http://${address}/`)).toMatch(/ \/ the host$/)
    }
  })

  test('a Service without endpoints by a connection that is refused at once', async () => {
    await using host = await hostOf()
    await webService(host)
    await host.client.delete(EndpointSlice, {
      namespace: 'shop',
      name: 'web-1',
    })
    await host.listeners.settled()
    expect(await get('http://127.96.3.7:18081/')).toBe('ECONNRESET')
  })

  test('an endpoint on the host itself, such as the API server', async () => {
    await using host = await hostOf()
    const real = await new RealNetwork().listen({
      host: '127.0.0.1',
      port: 0,
      onRequest: (_, response) => response.end('the host itself'),
    })
    await host.client.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'api' },
      spec: { clusterIP: '10.96.3.9', clusterIPs: ['10.96.3.9'], ports: [{ name: 'http', port: 18_443 }] },
    } as ApiObject)
    const slice = { ...endpointsOf('api', '127.0.0.1'), ports: [{ name: 'http', port: real.port, protocol: 'TCP' }] }
    await host.store.create(storagePathOf(EndpointSlice as unknown as Kind), slice as never)
    await host.listeners.settled()
    expect(await get('http://127.96.3.9:18443/')).toBe('the host itself')
    await real.close()
  })
})

describe('a server that misbehaves does so on the wire', () => {
  test.each<[string, Serve, string]>([
    ['reset', () => Promise.reject(new BrokenConnection('reset')), 'ECONNRESET'],
    ['garbage', () => Promise.reject(new BrokenConnection('garbage')), 'HPE_INVALID_CONSTANT'],
    ['never an answer', () => new Promise(() => undefined), 'ABORT_ERR'],
    [
      'an end in the middle',
      async () => ({ status: 200, headers: { 'content-length': '9' }, body: broken() }),
      'ECONNRESET',
    ],
  ])('%s', async (_, serve, outcome) => {
    await using host = await hostOf()
    host.network.listen({ ip: '10.244.3.5', port: 18_080, protocol: 'HTTP', serve })
    await host.listeners.settled()
    const patienceMs = outcome === 'ABORT_ERR' ? SILENCE_MS : PATIENCE_MS
    expect(await get('http://127.244.3.5:18080/', patienceMs)).toBe(outcome)
    expect(host.failures).toEqual([])
  })

  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    throw new BrokenConnection('reset')
  }

  test('a port that speaks no HTTP takes a connection and says nothing', async () => {
    await using host = await hostOf()
    host.network.listen({ ip: '10.244.3.5', port: 18_080, protocol: 'TCP', serve: () => new Promise(() => undefined) })
    await host.listeners.settled()
    expect(await get('http://127.244.3.5:18080/', SILENCE_MS)).toBe('ABORT_ERR')
  })
})

describe('policies', () => {
  async function closed(): Promise<Host> {
    const host = await hostOf()
    for (const [index, name] of ['web', 'client'].entries()) {
      const ip = `10.244.3.${index + 5}`
      await host.store.create('/pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'shop', name },
        spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] },
        status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
      } as never)
    }
    await host.client.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name: 'closed' },
      spec: { podSelector: {}, ingress: [] },
    } as ApiObject)
    host.network.listen({ ip: '10.244.3.5', port: 18_080, protocol: 'HTTP', serve: says('web') })
    await host.listeners.settled()
    return host
  }

  /** A connection that binds an address and asks, and what it has heard. */
  function asking(localAddress: string): { readonly socket: Socket; text: string } {
    const socket = connect({ host: '127.244.3.5', port: 18_080, localAddress })
    const asked = { socket, text: '' }
    socket.on('data', (chunk) => (asked.text += chunk.toString()))
    socket.write('GET / HTTP/1.0\r\n\r\n')
    return asked
  }

  test('let the host pass, as a node passes to its own pods', async () => {
    await using host = await closed()
    expect(await get('http://127.244.3.5:18080/')).toBe('web / the host')
    expect(host.failures).toEqual([])
  })

  test('are held against a client that binds the address of a pod: it hears nothing', async () => {
    await using _ = await closed()
    const denied = asking('127.244.3.6')
    await once(denied.socket, 'connect')
    // Who asks later, and waits for the end of an answer, has given the other one all the time that it takes.
    for (let time = 0; time < 3; time++) {
      const allowed = asking('127.0.0.1')
      await once(allowed.socket, 'close')
      expect(allowed.text).toMatch(/^HTTP\/1\.1 200/)
    }
    expect(denied.text).toBe('')
    denied.socket.destroy()
  })
})

test('who takes a connection over is told where it goes, before a byte is read', async () => {
  const taken: string[] = []
  const taker: ConnectionTaker = {
    take(socket, { ip, port }, isDenied) {
      taken.push(`${ip}:${port} ${isDenied()}`)
      if (ip !== '10.244.3.6') return false
      socket.end('HTTP/1.0 200 OK\r\n\r\ntaken')
      return true
    },
    isOwn: () => false,
  }
  await using host = await hostOf({ taker })
  await webService(host)
  await host.listeners.settled()
  expect(await get('http://127.96.3.7:18081/')).toBe('10.244.3.5 / the host')
  expect(await get('http://127.96.3.7:18081/')).toBe('taken')
  expect(taken).toEqual(['10.244.3.5:18080 false', '10.244.3.6:18080 false'])
})

/** Sockets of a system that has 127.0.0.1 alone, or that gives only so many listeners. */
function poorSockets(refuses: (host: string) => string | undefined): Sockets {
  const real = new RealSockets()
  return Object.assign(Object.create(real) as Sockets, {
    listen: (options: Parameters<Sockets['listen']>[0]) => {
      const code = refuses(options.host)
      return code === undefined ? real.listen(options) : Promise.reject(Object.assign(new Error(code), { code }))
    },
  })
}

describe('where the system has 127.0.0.1 alone', () => {
  const onlyOne = (): Sockets => poorSockets((host) => (host === '127.0.0.1' ? undefined : 'EADDRNOTAVAIL'))

  test('ports of it stand in, the same at each start', async () => {
    const places: unknown[] = []
    for (let start = 0; start < 2; start++) {
      await using host = await hostOf({ sockets: onlyOne() })
      host.network.listen({ ip: '10.244.3.5', port: 18_080, protocol: 'HTTP', serve: says('web') })
      await host.listeners.settled()
      const place = host.listeners.where({ ip: '10.244.3.5', port: 18_080 })
      expect(place?.ip).toBe('127.0.0.1')
      expect(await get(`http://127.0.0.1:${place?.port}/`)).toBe('web / the host')
      expect(host.listeners.translation.published('10.244.3.5')).toBe('127.0.0.1')
      expect(host.listeners.translation.publishedPort('10.244.3.5', 18_080)).toBe(place?.port)
      places.push(place)
    }
    expect(places[0]).toEqual(places[1])
  })
})

test('a port that is taken, or takes privileges, has a stand-in', async () => {
  const taken = await new RealNetwork().listen({ host: '127.244.3.5', port: 18_080, onRequest: () => undefined })
  await using host = await hostOf()
  host.network.listen({ ip: '10.244.3.5', port: 18_080, protocol: 'HTTP', serve: says('web') })
  await host.listeners.settled()
  expect(host.listeners.where({ ip: '10.244.3.5', port: 18_080 })?.ip).toBe('127.0.0.1')
  await taken.close()
})

describe('bounds', () => {
  test('beyond so many, one message tells that the rest is not reached; Services have their share', async () => {
    await using host = await hostOf({ listenersMax: 514 })
    for (let index = 1; index <= 4; index++) {
      host.network.listen({ ip: `10.244.3.${index}`, port: 18_080, protocol: 'HTTP', serve: says('web') })
    }
    await webService({ ...host, network: { listen: () => () => undefined } as never })
    await host.listeners.settled()
    expect(host.listeners.list().map(({ name }) => name)).toEqual([
      'pod/10.244.3.1:18080',
      'pod/10.244.3.2:18080',
      'service/shop/web/10.96.3.7:18081',
    ])
    expect(host.failures).toEqual(['more than 514 addresses are served: the host reaches only the first of them'])
  })

  test('a system without descriptors is told once, with what helps', async () => {
    let opened = 0
    const sockets = poorSockets(() => (opened++ < 2 ? undefined : 'EMFILE'))
    await using host = await hostOf({ sockets })
    for (let index = 1; index <= 3; index++) {
      host.network.listen({ ip: `10.244.3.${index}`, port: 18_080, protocol: 'HTTP', serve: says('web') })
    }
    await host.listeners.settled()
    expect(host.failures).toEqual(['the system gives no more listeners: raise the limit of open files (ulimit -n)'])
  })
})

test('a connection that is kept open ends with the one who answered it', async () => {
  await using host = await hostOf()
  const handler = () => Promise.resolve(textResponse(200, 'program'))
  const close = host.network.listen({ ip: '10.244.3.5', port: 18_080, handler })
  await host.listeners.settled()
  const socket = connect({ host: '127.244.3.5', port: 18_080 })
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await answered
  close()
  await ended
  expect(host.failures).toEqual([])
})

test('what comes and goes faster than it opens ends as it should', async () => {
  await using host = await hostOf()
  const listening = { ip: '10.244.3.5', port: 18_080, protocol: 'HTTP' as const, serve: says('web') }
  for (let index = 0; index < 20; index++) host.network.listen(listening)()
  await host.listeners.settled()
  expect(host.listeners.list()).toEqual([])
  for (let index = 0; index < 20; index++) host.network.listen(listening)()
  host.network.listen(listening)
  await host.listeners.settled()
  expect(await get('http://127.244.3.5:18080/')).toBe('web / the host')
  expect(host.failures).toEqual([])
})
