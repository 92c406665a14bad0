import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newAuthority, newCredential } from '../../src/api/certificates/certificate.ts'
import type { IncomingConnection, TlsPlan, UpstreamOptions } from '../../src/mesh/exchange/steps.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import { plainConnector } from '../../src/mesh/sockets/connector.ts'
import { ConnectionPool } from '../../src/mesh/sockets/http1/connection-pool.ts'
import { SessionPool } from '../../src/mesh/sockets/http2/session-pool.ts'
import { openListener, upstreamsByProtocol } from '../../src/mesh/sockets/listener-set.ts'
import { TimerWheel } from '../../src/mesh/sockets/timer-wheel.ts'
import { gatewayTlsPlan, tlsPlanOf } from '../../src/mesh/sockets/tls/gateway-plan.ts'
import { MeshTls } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { forwardingExchange, PLAINTEXT } from '../support/forwarding-exchange.ts'

const CURL = '/usr/bin/curl'
const OPENSSL = '/usr/bin/openssl'
const isRequired = process.env['DABBA_TEST_REQUIRE_ALL'] !== undefined
const isMissing = !existsSync(CURL) || !existsSync(OPENSSL)
const host = '127.0.0.1'
const STRICT = tlsPlanOf({ ends: { requiresClientCertificate: true, certificate: 'default' } })

/**
 * In TLS 1.3 a client has sent its request before it learns that its certificate was refused: whether it hears the alert, or
 * sees the connection closed first, is a race.
 */
const REFUSED = /^curl \d+: /

describe.skipIf(isMissing && !isRequired)('curl and openssl at a proxy (skipped where they are not installed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dabba-curl-'))
  const world = realWorld({ seed: 'curl' })
  const { clock, sockets, keys, random } = world
  const validity = () => ({
    notBeforeMs: clock.now() - 60_000,
    notAfterMs: clock.now() + 3_600_000,
    serial: random.bytes(16),
  })
  const company = newAuthority({ keys, commonName: 'Company CA', ...validity() })
  const site = newCredential(
    { keys, subject: { commonName: 'shop' }, usages: ['server'], names: ['shop.example'], ...validity() },
    company,
  )
  const visitor = newCredential(
    { keys, subject: { commonName: 'visitor' }, usages: ['client'], names: ['visitor.example'], ...validity() },
    company,
  )
  const identities = new Identities(
    { authority: newMeshAuthority({ organization: 'cluster.local' }, world), trust: { trustDomain: 'cluster.local' } },
    world,
  )
  const secret = { 'tls.crt': site.certificate, 'tls.key': site.key, 'ca.crt': company.certificate }
  const tls = new MeshTls({ sockets, clock, identities, secrets: ({ name }) => (name === 'shop' ? secret : undefined) })
  const wheel = new TimerWheel(clock)
  const closers: (() => unknown)[] = []
  /** Say what they were asked, one in each version of HTTP. */
  const backends: Record<UpstreamOptions['protocol'], number> = { http1: 0, http2: 0 }

  beforeAll(async () => {
    const http1 = createHttpServer((request, response) => {
      request.resume()
      response.end(`${request.httpVersion} ${request.method} ${request.url} ${request.headers.host}`)
    })
    const http2 = createHttp2Server((request, response) => {
      request.resume()
      response.end(`${request.httpVersion} ${request.method} ${request.url} ${request.authority}`)
    })
    for (const [name, server] of Object.entries({ http1, http2 })) {
      ;(server as Server).listen(0, host)
      await once(server, 'listening')
      backends[name as keyof typeof backends] = (server.address() as AddressInfo).port
      closers.push(() => server.close())
    }
  })

  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
    rmSync(folder, { recursive: true })
  })

  /** A listener that passes everything on, and what it admitted. */
  async function listen(plan: TlsPlan, protocol: UpstreamOptions['protocol'] = 'http1') {
    const admitted: IncomingConnection[] = []
    const connector = plainConnector(sockets, ({ address, port }) => ({ host: address, port }))
    const http1 = new ConnectionPool({ sockets, wheel, connector })
    const http2 = new SessionPool({ wheel, connector, sockets })
    const endpoint = { address: host, port: backends[protocol], workload: undefined }
    const listener = await openListener(
      {
        host,
        port: 0,
        direction: 'inbound',
        destination: { address: '10.0.0.1', port: 443 },
        clusterAddress: (address) => address,
        owner: { namespace: 'shop', serviceAccount: 'cart' },
        isGateway: true,
        readsProxyHeader: false,
        firstBytesTimeoutMs: 0,
        tlsPlan: () => plan,
        admit(connection) {
          admitted.push(connection)
          if (plan === STRICT && connection.tls !== 'mtls') return { kind: 'refuse', reason: 'no-filter-chain' }
          const upstream = { ...PLAINTEXT, protocol }
          return { kind: 'http', exchange: (request) => forwardingExchange(request, { endpoint, upstream }) }
        },
        upstreams: upstreamsByProtocol({ http1, http2 }),
        connector,
      },
      { sockets, clock, wheel, tls, limits: { headTimeoutMs: 0, idleTimeoutMs: 0 } },
    )
    closers.push(() => {
      http1.drain()
      http2.drain()
      return listener.close(0)
    })
    return { port: listener.port, admitted }
  }

  function file(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  /** What curl got, as `version status body`; or its exit code and what it complained of. */
  async function curl(...args: readonly string[]): Promise<string> {
    const wanted = ['-sS', '--max-time', '10', '-w', '\n%{http_version} %{http_code}']
    try {
      const { stdout } = await promisify(execFile)(CURL, [...wanted, ...args])
      const lines = stdout.split('\n')
      return `${lines.pop()} ${lines.join('\n')}`
    } catch (failure) {
      const { code, stderr } = failure as { code: number; stderr: string }
      return `curl ${code}: ${stderr.trim()}`
    }
  }

  function atShop(port: number): readonly string[] {
    return ['--resolve', `shop.example:${port}:${host}`, '--cacert', file('company.pem', company.certificate)]
  }

  test('a gateway’s TLS speaks HTTP/2 to who can, and HTTP/1.1 to who cannot', async () => {
    const { port, admitted } = await listen(gatewayTlsPlan({ mode: 'SIMPLE', credentialName: 'shop' }))
    const url = `https://shop.example:${port}/cart?id=1`
    expect(await curl(...atShop(port), url)).toBe(`2 200 1.1 GET /cart?id=1 shop.example:${port}`)
    expect(await curl(...atShop(port), '--http1.1', url)).toBe(`1.1 200 1.1 GET /cart?id=1 shop.example:${port}`)
    expect(admitted).toMatchObject([
      { tls: 'tls', sni: 'shop.example', alpn: 'h2' },
      { tls: 'tls', sni: 'shop.example', alpn: 'http/1.1' },
    ])
  })

  test('both versions of HTTP are carried to a server of either', async () => {
    for (const [protocol, version] of [
      ['http1', '1.1'],
      ['http2', '2.0'],
    ] as const) {
      const { port } = await listen({ kind: 'refuse' }, protocol)
      const expected = `200 ${version} POST /cart ${host}:${port}`
      const url = `http://${host}:${port}/cart`
      expect(await curl('--http2-prior-knowledge', '-d', 'tea', url)).toBe(`2 ${expected}`)
      expect(await curl('--http1.1', '-d', 'tea', url)).toBe(`1.1 ${expected}`)
    }
  })

  test('a gateway that demands a certificate takes one of its authority, and nobody without', async () => {
    const { port, admitted } = await listen(gatewayTlsPlan({ mode: 'MUTUAL', credentialName: 'shop' }))
    const url = `https://shop.example:${port}/`
    const shown = ['--cert', file('visitor.pem', visitor.certificate), '--key', file('visitor.key', visitor.key)]
    expect(await curl(...atShop(port), ...shown, url)).toMatch(/^2 200 /)
    expect(admitted[0]?.peerCertificate).toMatch(/^Hash=[0-9a-f]{64};Cert="-----BEGIN%20CERT.*;Subject="CN=visitor";/)
    expect(await curl(...atShop(port), url)).toMatch(REFUSED)
  })

  test('a workload under STRICT takes a SPIFFE certificate, and neither plaintext nor TLS without one', async () => {
    const { port, admitted } = await listen(STRICT)
    const own = identities.certificate({ namespace: 'shop', serviceAccount: 'web' })
    const shown = ['--cert', file('web.pem', own.chain), '--key', file('web.key', own.key), '-k']
    expect(await curl(...shown, `https://${host}:${port}/`)).toMatch(/^2 200 /)
    expect(admitted[0]).toMatchObject({ tls: 'mtls', peerPrincipal: 'cluster.local/ns/shop/sa/web' })
    expect(await curl(`http://${host}:${port}/`)).toMatch(/^curl 56: .*reset by peer/)
    expect(await curl('-k', `https://${host}:${port}/`)).toMatch(REFUSED)
    const foreign = [
      '--cert',
      file('visitor.pem', visitor.certificate),
      '--key',
      file('visitor.key', visitor.key),
      '-k',
    ]
    expect(await curl(...foreign, `https://${host}:${port}/`)).toMatch(REFUSED)
  })

  test('openssl negotiates the mesh’s protocol, and takes its session up again', async () => {
    const { port } = await listen(STRICT)
    const { chain, key } = identities.certificate({ namespace: 'shop', serviceAccount: 'web' })
    const session = join(folder, 'session.pem')
    const where = [
      's_client',
      '-connect',
      `${host}:${port}`,
      '-servername',
      'outbound_.80_._.cart.shop.svc.cluster.local',
    ]
    const trust = ['-CAfile', file('root.pem', identities.bundle.pem), '-verify_return_error']
    const shown = ['-cert', file('web.pem', chain), '-key', file('web.key', key)]
    const common = [...where, ...trust, ...shown, '-alpn', 'istio-http/1.1,istio,http/1.1', '-ign_eof']
    const request = 'GET /x HTTP/1.1\r\nHost: cart\r\nConnection: close\r\n\r\n'
    const first = await talk([...common, '-sess_out', session], request)
    expect(first).toContain('ALPN protocol: istio-http/1.1')
    expect(first).toContain('Verify return code: 0 (ok)')
    expect(first).toContain('1.1 GET /x cart')
    expect(first).toMatch(/New, TLSv1\.3/)
    const again = await talk([...common, '-sess_in', session], request)
    expect(again).toMatch(/Reused, TLSv1\.3/)
    expect(again).toContain('1.1 GET /x cart')
  })

  async function talk(args: readonly string[], text: string): Promise<string> {
    const child = spawn(OPENSSL, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let heard = ''
    child.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString()))
    child.stdin.write(text)
    await once(child, 'close')
    return heard
  }
})
