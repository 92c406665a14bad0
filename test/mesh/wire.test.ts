import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { Secret } from '../../src/api/kinds/core/secret.ts'
import { NetworkPolicy } from '../../src/api/kinds/networking/network-policy.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { parseYamlDocuments } from '../../src/api/yaml.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { authorityFiles, newMeshAuthority, readAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import type { HostNetwork } from '../../src/network/host/host-network.ts'
import { createPlatform, type Platform } from '../../src/platform.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { arePodsReady } from '../support/cluster-pods.ts'
import { TappedSockets, tlsRecords } from './tapped-sockets.ts'

const MANIFESTS = fileURLToPath(new URL('fixtures/wire.yaml', import.meta.url))
const APPLICATION_DATA = 23
const CHARGE = 'http://till.shop/charge/secret-of-the-shop'

const sockets = new TappedSockets()
const world = { ...realWorld({ seed: 'wire' }), sockets }
const addresses = new Map<string, string>()
const failures: string[] = []
let platform: Platform
let host: HostNetwork

beforeAll(async () => {
  platform = await createPlatform({
    world,
    wireMtls: true,
    onError: (where, error) => failures.push(`${where}: ${error.message}`),
  })
  host = await platform.reachFromHost()
  const client = platform.client.forManifests('test')
  for (const { value } of parseYamlDocuments(readFileSync(MANIFESTS, 'utf8'))) {
    await client.apply(value as ApiObject, { force: true })
  }
  await until(() => arePodsReady(platform.client, 4))
  for (const { metadata, status } of (await platform.client.list(Pod)).items) {
    addresses.set(metadata.name.replace(/^(istio-ingressgateway).*/, '$1'), status?.podIP ?? '')
  }
  await host.settled()
})

afterAll(() => platform.stop())

beforeEach(() => sockets.forget())

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await done()) return
    await world.clock.sleep(50)
  }
  throw new Error('it did not come about')
}

/** The answer as `status body`, or what became of the connection. */
async function ask(from: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const podIp = addresses.get(from)
  const namespace = from === 'stranger' ? 'plain' : 'shop'
  try {
    const { status, body } = await platform.network.request(
      { url, method: 'GET', headers },
      podIp ? { podIp, namespace } : {},
    )
    const parts: Uint8Array[] = []
    for await (const part of body) parts.push(part)
    return `${status} ${Buffer.concat(parts).toString()}`
  } catch (error) {
    return (error as Error).message
  }
}

/** What went over connections to a pod's port. */
function heardAt(pod: string, port: number) {
  const door = host.where({ ip: addresses.get(pod) ?? '', port })
  return sockets.heard.filter(({ to }) => to === `${door?.ip}:${door?.port}`)
}

async function metricsOf(pod: string, pattern: RegExp): Promise<string> {
  const page = await ask('stranger', `http://${addresses.get(pod)}:15090/stats/prometheus`)
  return page.split('\n').find((line) => line.startsWith('istio_requests_total') && pattern.test(line)) ?? page
}

describe('a call between pods', () => {
  test('is TLS and nothing else on the wire, from the caller’s own address, and shows who calls', async () => {
    const answer = await ask('front', CHARGE)
    expect(answer).toMatch(/^200 /)
    expect(answer).toMatch(
      /By=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/till;Hash=[0-9a-f]{64};Subject=\\"\\";URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/front/,
    )
    const [wire] = heardAt('till', 8080)
    expect(host.clusterAddressOf(wire?.from ?? '')).toBe(addresses.get('front'))
    for (const bytes of [wire?.sent ?? [], wire?.received ?? []]) {
      expect(tlsRecords(bytes)).toContain(APPLICATION_DATA)
      expect(Buffer.concat(bytes).toString('latin1')).not.toContain('secret-of-the-shop')
    }
  })

  test('is told of by both proxies', async () => {
    await ask('front', CHARGE)
    const parties =
      /source_workload="front".*source_principal="spiffe:\/\/cluster\.local\/ns\/shop\/sa\/front".*destination_principal="spiffe:\/\/cluster\.local\/ns\/shop\/sa\/till"/
    const bySource = await metricsOf('front', /reporter="source".*response_code="200"/)
    const byDestination = await metricsOf('till', /reporter="destination".*response_code="200"/)
    for (const line of [bySource, byDestination]) {
      expect(line).toMatch(parties)
      expect(line).toContain('destination_service="till.shop.svc.cluster.local"')
    }
    expect(byDestination).toContain('connection_security_policy="mutual_tls"')
  })

  test('is judged by the proxy that it comes to', async () => {
    expect(await ask('front', 'http://till.shop/empty')).toBe('403 RBAC: access denied')
    expect(await ask('till', 'http://till.shop/charge')).toBe('403 RBAC: access denied')
    expect(heardAt('till', 8080)).toHaveLength(2)
  })

  test('that a model makes takes the same road', async () => {
    expect(await ask('till', 'http://front/buy')).toBe('200 sold')
    const [outer, inner] = [heardAt('front', 8080), heardAt('till', 8080)]
    expect([...outer, ...inner].map(({ from }) => host.clusterAddressOf(from))).toEqual([
      addresses.get('till'),
      addresses.get('front'),
    ])
    for (const { sent } of [...outer, ...inner]) expect(tlsRecords(sent)).toContain(APPLICATION_DATA)
  })

  test('of which the mesh sees only bytes is encrypted as well', async () => {
    expect(await ask('front', 'http://till.shop:90/anything')).toMatch(/^200 .*anything/s)
    expect(await ask('till', 'http://till.shop:90/anything')).toBe('EOF')
    const [wire] = heardAt('till', 9090)
    expect(tlsRecords(wire?.sent ?? [])).toContain(APPLICATION_DATA)
  })

  test('from a gateway is encrypted too', async () => {
    const headers = { host: 'shop.example' }
    expect(await ask('', 'http://istio-ingressgateway.istio-system/', headers)).toBe('200 welcome')
    const [wire] = heardAt('front', 8080)
    expect(host.clusterAddressOf(wire?.from ?? '')).toBe(addresses.get('istio-ingressgateway'))
    expect(tlsRecords(wire?.sent ?? [])).toContain(APPLICATION_DATA)
  })
})

describe('who has no certificate of the mesh', () => {
  test('is refused in process as on the wire', async () => {
    expect(await ask('stranger', CHARGE)).toBe('read: connection reset by peer')
    const door = host.where({ ip: addresses.get('till') ?? '', port: 8080 })
    const request = world.network.request({ url: `http://${door?.ip}:${door?.port}/charge`, method: 'GET' })
    await expect(request).rejects.toThrow()
  })

  test('is refused with one of another mesh; one of this mesh is known by its name', async () => {
    const kept = await platform.client.get(Secret, { namespace: 'istio-system', name: 'istio-ca-secret' })
    const files = Object.fromEntries(
      Object.entries(kept?.data ?? {}).map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]),
    )
    const own = readAuthority(files, { isPluggedIn: false, nowMs: world.clock.now() })
    const trust = { trustDomain: 'cluster.local' }
    const foreign = newMeshAuthority({ organization: 'cluster.local' }, world)
    const answers = await Promise.all(
      [
        { authority: own, serviceAccount: 'front' },
        { authority: own, serviceAccount: 'till' },
        { authority: foreign, serviceAccount: 'front' },
      ].map(({ authority, serviceAccount }) =>
        chargeWith(new Identities({ authority, trust }, world).certificate({ namespace: 'shop', serviceAccount })),
      ),
    )
    expect(answers).toEqual([expect.stringMatching('^HTTP/1.1 200'), expect.stringMatching('^HTTP/1.1 403'), ''])
  })

  /** All that the till answers to who shows a certificate. */
  function chargeWith({ chain, key }: { readonly chain: string; readonly key: string }): Promise<string> {
    const door = host.where({ ip: addresses.get('till') ?? '', port: 8080 })
    const socket = sockets.connectTls({
      host: door?.ip ?? '',
      port: door?.port ?? 0,
      context: sockets.tlsContext({ certificate: chain, key }),
      alpn: ['istio-http/1.1'],
    })
    socket.write('GET /charge HTTP/1.1\r\nhost: till\r\nconnection: close\r\n\r\n')
    return new Promise((resolve) => {
      let heard = ''
      socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
      socket.on('error', () => undefined)
      socket.on('end', () => socket.end())
      socket.on('close', () => resolve(heard))
    })
  }
})

test('an authority is replaced under traffic, and no request is lost', async () => {
  const answers: Promise<string>[] = []
  const metadata = { namespace: 'istio-system', name: 'cacerts' }
  for (const organization of ['', 'Bank', 'Trust']) {
    if (organization !== '') {
      const stringData = authorityFiles(newMeshAuthority({ organization }, world))
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData } as ApiObject
      await platform.client.forManifests('test').apply(secret, { force: true })
    }
    for (let call = 0; call < 100; call++) {
      answers.push(ask('front', CHARGE))
      await world.clock.sleep(3)
    }
  }
  const lost = (await Promise.all(answers)).filter((answer) => !answer.startsWith('200'))
  expect(lost).toEqual([])
  // With each authority, the tunnel that was there before took no new connections.
  expect(heardAt('till', 8080).length).toBeGreaterThanOrEqual(3)
  expect(await issuerAtTill()).toContain('O=Trust')
  expect(failures).toEqual([])
})

test('a NetworkPolicy is held against new connections, in a tunnel that was there before too', async () => {
  const client = platform.client.forManifests('test')
  const metadata = { namespace: 'shop', name: 'nobody-to-the-till' }
  const podSelector = { matchLabels: { app: 'till' } }
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector } }
  expect(await ask('front', CHARGE)).toMatch(/^200/)
  await client.apply(policy as ApiObject, { force: true })
  // Connections that were there, however many, carry five requests at most.
  let answer = ''
  await until(async () => {
    answer = await ask('front', CHARGE)
    return !answer.startsWith('200')
  })
  expect(answer).toMatch(/^503 upstream connect error or disconnect\/reset before headers/)
  await platform.client.delete(NetworkPolicy, metadata)
  await until(async () => (await ask('front', CHARGE)).startsWith('200'))
})

async function issuerAtTill(): Promise<string | undefined> {
  const door = host.where({ ip: addresses.get('till') ?? '', port: 8080 })
  const socket = sockets.connectTls({
    host: door?.ip ?? '',
    port: door?.port ?? 0,
    context: sockets.tlsContext({}),
    alpn: ['istio'],
  })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  const issuer = socket.getPeerX509Certificate()?.issuer
  socket.destroy()
  return issuer
}

test('a gateway behind another proxy hears from it who the client is, and tells those behind it', async () => {
  const pods = await platform.client.list(Pod, { namespace: 'istio-system' })
  const gateway = pods.items.find(({ metadata }) => metadata.name.startsWith('istio-ingressgateway'))
  if (gateway === undefined) throw new Error('there is a gateway')
  const config = 'gatewayTopology: { proxyProtocol: {} }'
  const annotations = { ...gateway.metadata.annotations, 'proxy.istio.io/config': config }
  await platform.client.update({ ...gateway, metadata: { ...gateway.metadata, annotations } })
  const door = host.where({ ip: addresses.get('istio-ingressgateway') ?? '', port: 8080 })
  const socket = sockets.connect({ host: door?.ip ?? '', port: door?.port ?? 0 })
  socket.write('PROXY TCP4 198.51.100.7 10.0.0.1 4711 80\r\n')
  socket.write('GET /who HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n')
  let heard = ''
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
  await once(socket, 'end')
  socket.end()
  expect(heard).toMatch(/^HTTP\/1\.1 200[^]*x-forwarded-for: 198\.51\.100\.7/)
})
