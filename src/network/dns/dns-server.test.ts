import { Resolver } from 'node:dns/promises'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import type { ApiObject } from '../../api/object.ts'
import { RealClock } from '../../world/real-clock.ts'
import { RealDatagrams } from '../../world/real-datagrams.ts'
import { RealSockets } from '../../world/real-sockets.ts'
import { ServiceEndpoints } from '../service-endpoints.ts'
import { ClusterRecords } from './cluster-records.ts'
import { ClusterZone } from './cluster-zone.ts'
import { DNS_TYPE } from './dns-record.ts'
import { DnsServer } from './dns-server.ts'

const HOST = '127.0.0.1'

function object(kind: string, name: string, rest: object, group = 'v1'): ApiObject {
  return { apiVersion: group, kind, metadata: { namespace: 'shop', name }, ...rest } as ApiObject
}

async function shop(): Promise<TestCluster> {
  const cluster = await testCluster()
  const { client } = cluster
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as ApiObject)
  const http = { name: 'http', port: 80, protocol: 'TCP' }
  const service = (name: string, spec: object): Promise<ApiObject> => client.create(object('Service', name, { spec }))
  const ips = (...clusterIPs: string[]): object => ({ clusterIP: clusterIPs[0], clusterIPs })
  await service('web', { ...ips('10.96.0.7'), ports: [http, { name: 'metrics', port: 9090, protocol: 'TCP' }] })
  await service('dual', {
    ...ips('10.96.0.8', 'fd00::8'),
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
    ports: [http],
  })
  await service('db', { ...ips('None'), ports: [{ ...http, name: 'mongo', port: 27017 }] })
  await service('idle', { ...ips('None'), ports: [http] })
  await service('big', { ...ips('None'), ports: [http] })
  await service('pay', { type: 'ExternalName', externalName: 'pay.example.com' })
  await service('alias', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' })
  await service('circle', { type: 'ExternalName', externalName: 'circle.shop.svc.cluster.local' })
  const slice = (name: string, endpoints: readonly object[], ports: readonly object[]): Promise<ApiObject> => {
    const metadata = { namespace: 'shop', name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } }
    const body = { addressType: 'IPv4', endpoints, ports }
    return client.create({ ...object('EndpointSlice', name, body, 'discovery.k8s.io/v1'), metadata })
  }
  const ready = { ready: true }
  const endpoints = [
    { addresses: ['10.244.0.8'], hostname: 'db-0', conditions: ready },
    { addresses: ['10.244.0.9'], conditions: ready },
    { addresses: ['10.244.0.10'], hostname: 'db-2', conditions: { ready: false } },
  ]
  await slice('db', endpoints, [{ name: 'mongo', port: 27017, protocol: 'TCP' }])
  await slice(
    'web',
    [{ addresses: ['10.244.0.5'], conditions: ready }],
    [{ name: 'http', port: 8080, protocol: 'TCP' }],
  )
  const many = Array.from({ length: 90 }, (_, index) => ({ addresses: [`10.244.1.${index + 1}`], conditions: ready }))
  await slice('big', many, [{ name: 'http', port: 80, protocol: 'TCP' }])
  return cluster
}

let cluster: TestCluster
let server: DnsServer
let port = 0
const resolver = new Resolver({ timeout: 60_000, tries: 1 })

beforeAll(async () => {
  cluster = await shop()
  const records = new ClusterRecords(cluster.informers, new ServiceEndpoints(cluster.informers))
  await cluster.clock.advance(0)
  server = new DnsServer({
    zone: new ClusterZone({ records, serial: 7, nameServer: HOST }),
    clock: new RealClock(),
    sockets: new RealSockets(),
    datagrams: new RealDatagrams(),
    host: HOST,
    port: 0,
    onError: (error) => {
      throw error
    },
  })
  port = await server.listen()
  resolver.setServers([`${HOST}:${port}`])
})

afterAll(async () => {
  await server.close()
  await cluster[Symbol.asyncDispose]()
})

const outcome = (answer: Promise<unknown>): Promise<unknown> => answer.catch((error: { code: string }) => error.code)
const inShop = (name: string): string => `${name}.shop.svc.cluster.local`

describe('addresses', () => {
  test.each<[string, string, unknown]>([
    ['a Service', inShop('web'), ['10.96.0.7']],
    ['a Service, in whatever case', 'WEB.shop.SVC.cluster.local', ['10.96.0.7']],
    ['a headless Service: its ready endpoints', inShop('db'), ['10.244.0.8', '10.244.0.9']],
    ['an endpoint by its hostname', inShop('db-0.db'), ['10.244.0.8']],
    ['an endpoint by its address', inShop('10-244-0-9.db'), ['10.244.0.9']],
    ['an endpoint of a Service that has an address', inShop('10-244-0-5.web'), ['10.244.0.5']],
    ['an endpoint that is not ready', inShop('db-2.db'), 'ENOTFOUND'],
    ['a pod', '10-244-0-77.shop.pod.cluster.local', ['10.244.0.77']],
    ['a pod of a namespace that there is not', '10-244-0-77.none.pod.cluster.local', 'ENOTFOUND'],
    ['a pod that is no address', 'web-0.shop.pod.cluster.local', 'ENOTFOUND'],
    ['a headless Service without endpoints', inShop('idle'), 'ENOTFOUND'],
    ['a Service that there is not', inShop('none'), 'ENOTFOUND'],
    ['a namespace', 'shop.svc.cluster.local', 'ENODATA'],
    ['a namespace that there is not', 'web.none.svc.cluster.local', 'ENOTFOUND'],
    ['the zone itself', 'cluster.local', 'ENODATA'],
    ['too long a name', inShop('a.b.c.web'), 'ENOTFOUND'],
    ['an alias within the cluster', inShop('alias'), ['10.96.0.7']],
    ['the name server', 'ns.dns.cluster.local', [HOST]],
    ['a name outside', 'example.com', 'EREFUSED'],
  ])('of %s', async (_, name, addresses) => {
    expect(await outcome(resolver.resolve4(name))).toEqual(addresses)
  })

  test('of both families', async () => {
    expect(await resolver.resolve4(inShop('dual'))).toEqual(['10.96.0.8'])
    expect(await resolver.resolve6(inShop('dual'))).toEqual(['fd00::8'])
    expect(await outcome(resolver.resolve6(inShop('web')))).toBe('ENODATA')
  })

  test('hold for 30 seconds', async () => {
    expect(await resolver.resolve4(inShop('web'), { ttl: true })).toEqual([{ address: '10.96.0.7', ttl: 30 }])
  })

  test('of many endpoints come over TCP', async () => {
    expect(await resolver.resolve4(inShop('big'))).toHaveLength(90)
  })
})

test('an ExternalName is an alias', async () => {
  expect(await resolver.resolveCname(inShop('pay'))).toEqual(['pay.example.com'])
  expect(await outcome(resolver.resolve4(inShop('circle')))).toBe('ENODATA')
})

test('services tell their ports, and the names behind them', async () => {
  const srv = (name: string, port: number, weight: number) => ({ type: 'SRV', name, port, priority: 0, weight })
  expect(await resolver.resolveSrv(inShop('_http._tcp.web'))).toEqual([srv(inShop('web'), 80, 100)])
  expect(await resolver.resolveSrv(inShop('web'))).toEqual([srv(inShop('web'), 80, 50), srv(inShop('web'), 9_090, 50)])
  expect(await resolver.resolveSrv(inShop('_mongo._tcp.db'))).toEqual([
    srv(inShop('db-0.db'), 27_017, 50),
    srv(inShop('10-244-0-9.db'), 27_017, 50),
  ])
  expect(await outcome(resolver.resolveSrv(inShop('_mongo._udp.db')))).toBe('ENOTFOUND')
})

test('addresses have names', async () => {
  expect(await resolver.reverse('10.96.0.7')).toEqual([inShop('web')])
  expect(await resolver.reverse('fd00::8')).toEqual([inShop('dual')])
  expect(await resolver.reverse('10.244.0.8')).toEqual([inShop('db-0.db')])
  expect(await outcome(resolver.reverse('10.244.0.200'))).toBe('ENOTFOUND')
})

test('the zone tells of itself', async () => {
  expect(await resolver.resolveNs('cluster.local')).toEqual(['ns.dns.cluster.local'])
  expect(await resolver.resolveTxt('dns-version.cluster.local')).toEqual([['1.1.0']])
  expect(await resolver.resolveSoa('cluster.local')).toEqual({
    nsname: 'ns.dns.cluster.local',
    hostmaster: 'hostmaster.cluster.local',
    serial: 7,
    refresh: 7_200,
    retry: 1_800,
    expire: 86_400,
    minttl: 30,
  })
})

describe('over TCP', () => {
  /** Sends bytes in pieces; resolves to all that comes back until the server ends, or `bytesWanted` are there. */
  function exchange(pieces: readonly Uint8Array[], bytesWanted: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, HOST)
      let received = Buffer.alloc(0)
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes])
        if (received.length >= bytesWanted) socket.destroy()
      })
      socket.on('close', () => resolve(received))
      socket.on('error', reject)
      void (async () => {
        for (const piece of pieces) {
          socket.write(piece)
          await new Promise((turn) => setImmediate(turn))
        }
      })()
    })
  }

  const name = [
    3, 119, 101, 98, 4, 115, 104, 111, 112, 3, 115, 118, 99, 7, 99, 108, 117, 115, 116, 101, 114, 5, 108, 111, 99, 97,
    108, 0,
  ]
  const query = [0, 12 + name.length + 4, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, DNS_TYPE.A, 0, 1]
  const answerBytes = query.length + 16

  test('queries may come in one piece, or byte by byte', async () => {
    const both = Uint8Array.from([...query, ...query])
    const whole = await exchange([both], 2 * answerBytes)
    const single = await exchange(
      Array.from(both, (byte) => Uint8Array.of(byte)),
      2 * answerBytes,
    )
    expect(whole).toHaveLength(2 * answerBytes)
    expect(single).toEqual(whole)
  })

  test('whoever speaks something else is cut off', async () => {
    expect(await exchange([Uint8Array.of(0, 3, 1, 2, 3)], 1)).toHaveLength(0)
  })
})
