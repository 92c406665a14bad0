import { once } from 'node:events'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newAuthority, newCredential } from '../../../api/certificates/certificate.ts'
import {
  CART,
  connected,
  dialer,
  INBOUND,
  newMesh,
  serve,
  shownBy,
  trust,
  upstreamOf,
  world,
} from '../../../../test/support/tls-parties.ts'
import type { Clock } from '../../../world/clock.ts'
import { Identities } from '../../identity/identities.ts'
import { newMeshAuthority } from '../../identity/mesh-authority.ts'
import type { SecretTexts } from './credential.ts'
import { MeshTls, type TerminatePlan } from './mesh-tls.ts'

const { clock } = world

describe('mutual TLS between workloads', () => {
  test('proves to each who the other is, and agrees on a protocol of the mesh', async () => {
    const { tls } = newMesh()
    const server = await serve(tls, INBOUND)
    const { heard, protocol } = connected(await dialer(tls, server)())
    expect({ heard, protocol }).toEqual({ heard: 'namaste', protocol: 'istio-http/1.1' })
    expect(server.secured).toMatchObject([
      {
        tls: 'mtls',
        sni: 'outbound_.80_._.cart.shop.svc.cluster.local',
        alpn: 'istio-http/1.1',
        peerPrincipal: 'cluster.local/ns/shop/sa/web',
        peerCertificate: expect.stringMatching(
          /^Hash=[0-9a-f]{64};Subject="";URI=spiffe:\/\/cluster\.local\/ns\/shop\/sa\/web$/,
        ) as string,
      },
    ])
  })

  test('a later connection takes the session up, and still shows who it is', async () => {
    const { tls } = newMesh()
    const server = await serve(tls, INBOUND)
    const dial = dialer(tls, server)
    const first = connected(await dial())
    first.socket.write('!')
    await once(first.socket, 'data')
    expect(first.socket.isSessionReused()).toBe(false)
    expect(connected(await dial()).socket.isSessionReused()).toBe(true)
    expect(server.secured.map(({ peerPrincipal }) => peerPrincipal)).toEqual(
      Array.from({ length: 2 }, () => 'cluster.local/ns/shop/sa/web'),
    )
  })

  test('a client of another mesh is refused, and refuses', async () => {
    const { tls } = newMesh()
    const stranger = newMesh().tls
    const server = await serve(tls, INBOUND)
    expect(await dialer(stranger, server)()).toMatch(
      /^tls: \|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:[A-Z_]+:TLS_error_end$/,
    )
    const trusting = upstreamOf('mtls', { skipsVerification: true })
    expect(await dialer(stranger, server)(trusting)).toMatch(/closed|ECONNRESET|socket hang up/)
    expect(server.refused.at(-1)).toBe('client certificate is not vouched for')
  })

  test('a client without a certificate is told that one is required', async () => {
    const { tls } = newMesh()
    const server = await serve(tls, INBOUND)
    const anonymous = upstreamOf('tls', { skipsVerification: true })
    expect(await dialer(tls, server)(anonymous)).toMatch(/alert certificate required/)
    expect(server.refused).toEqual([expect.stringMatching('peer did not return a certificate')])
  })

  test('an expired certificate is refused, in a session taken up too', async () => {
    const { tls } = newMesh({ lifetimeMs: 60_000 })
    const serving = new MeshTls({ ...tls.options })
    const server = await serve(serving, INBOUND)
    const dial = dialer(tls, server)
    const first = connected(await dial())
    first.socket.write('!')
    await once(first.socket, 'data')
    Object.assign(serving.options, {
      clock: Object.assign(Object.create(clock) as Clock, { now: () => clock.now() + 61_000 }),
    })
    await dial()
    expect(server.refused).toEqual(['client certificate has expired'])
  })

  test('a service that another account answers for is not believed', async () => {
    const { tls } = newMesh()
    const server = await serve(tls, INBOUND)
    const strict = (account: string) =>
      upstreamOf('mtls', { subjectAltNames: [`spiffe://cluster.local/ns/shop/sa/${account}`] })
    expect(connected(await dialer(tls, server)(strict('cart'))).heard).toBe('namaste')
    expect(await dialer(tls, server)(strict('payments'))).toContain('CERTIFICATE_VERIFY_FAILED:SAN matcher')
  })

  test('a trust domain that is no alias any more is refused at once, by resumed sessions too', async () => {
    const { tls, identities } = newMesh()
    identities.setTrust({ trustDomain: 'old.example' })
    const serving = new MeshTls({ ...tls.options })
    const server = await serve(serving, INBOUND)
    const dial = dialer(tls, server)
    const first = connected(await dial())
    first.socket.write('!')
    await once(first.socket, 'data')
    expect(server.secured.at(-1)?.peerPrincipal).toBe('old.example/ns/shop/sa/web')
    // The client goes on with the session of its old certificate, against a server that has moved on.
    const moved = new Identities({ authority: identities.authority, trust }, world)
    const verdicts = Object.assign(Object.create(identities) as Identities, {
      certificate: identities.certificate.bind(identities),
    })
    Object.defineProperty(verdicts, 'bundle', { get: () => moved.bundle })
    Object.assign(serving.options, { identities: verdicts })
    await dial()
    expect(server.refused).toEqual(['trust domain old.example is not trusted'])
  })

  test('certificates are replaced under open connections, which go on', async () => {
    const { tls, identities } = newMesh({ lifetimeMs: 4_000 })
    const server = await serve(tls, INBOUND)
    const dial = dialer(tls, server)
    const before = connected(await dial())
    const shown = await shownBy(server)
    const { uri, chain } = identities.certificate(CART)
    await clock.sleep(2_100)
    expect(identities.certificate(CART)).toMatchObject({ uri })
    expect(identities.certificate(CART).chain).not.toBe(chain)
    const after = connected(await dial())
    for (const { socket } of [before, after]) {
      socket.write('still here')
      const [echo] = (await once(socket, 'data')) as [Buffer]
      expect(echo.toString()).toBe('still here')
    }
    expect((await shownBy(server))?.fingerprint256).not.toBe(shown?.fingerprint256)
  })

  test('a root is replaced, with both trusted in between, while connections come and go', async () => {
    const { tls, identities } = newMesh()
    const server = await serve(tls, INBOUND)
    const dial = dialer(tls, server)
    const before = connected(await dial())
    const [old = ''] = identities.authority.roots
    identities.replaceAuthority(newMeshAuthority({ organization: 'next' }, world))
    expect(connected(await dial()).heard).toBe('namaste')
    identities.retireRoots([old])
    expect(connected(await dial()).heard).toBe('namaste')
    before.socket.write('still here')
    const [echo] = (await once(before.socket, 'data')) as [Buffer]
    expect(echo.toString()).toBe('still here')
  })
})

describe('TLS at a gateway', () => {
  const ca = newAuthority({
    keys: world.keys,
    commonName: 'Company CA',
    notBeforeMs: clock.now() - 60_000,
    notAfterMs: clock.now() + 3_600_000,
    serial: world.random.bytes(16),
  })
  const pair = (names: readonly string[], keys = world.keys) =>
    newCredential(
      {
        keys,
        subject: { commonName: 'shop', organizations: ['Example'] },
        usages: ['client', 'server'],
        names,
        notBeforeMs: clock.now() - 60_000,
        notAfterMs: clock.now() + 3_600_000,
        serial: world.random.bytes(16),
      },
      ca,
    )
  const server = pair(['shop.example', '*.shop.example'])
  const client = pair(['client.example'])
  const SECRETS: Record<string, SecretTexts> = {
    'istio-system/tls': { 'tls.crt': server.certificate, 'tls.key': server.key },
    'istio-system/rsa': (() => {
      const rsa = pair(['shop.example'], { generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) })
      return { cert: rsa.certificate, key: rsa.key, cacert: ca.certificate }
    })(),
    'istio-system/twin': { 'tls.crt': server.certificate, 'tls.key': server.key },
    'istio-system/twin-cacert': { 'ca.crt': ca.certificate },
    'istio-system/empty': { 'tls.crt': '', 'tls.key': '' },
    'istio-system/other': { username: 'asha', password: 'x', host: 'db', port: '1' },
    'istio-system/wrong': { 'tls.crt': server.certificate, 'tls.key': client.key },
    'shop/client': { 'tls.crt': client.certificate, 'tls.key': client.key, 'ca.crt': ca.certificate },
    'shop/ca-only': { 'ca.crt': ca.certificate },
  }
  const GATEWAY = { namespace: 'istio-system', serviceAccount: 'ingress' }
  const planOf = (certificate: string, more: Partial<TerminatePlan> = {}): TerminatePlan => ({
    kind: 'terminate',
    certificate,
    clientCertificate: 'none',
    alpn: ['h2', 'http/1.1'],
    ...more,
  })
  const web = { alpn: ['http/1.1'], sni: 'shop.example' }
  const anonymous = upstreamOf('tls', { ...web, credentialName: 'ca-only' })
  const named = upstreamOf('tls', { ...web, credentialName: 'client', showsCertificate: true })

  test.each(['tls', 'rsa', 'kubernetes://tls', 'istio-system/tls'])(
    'a server shows the certificate of Secret %s',
    async (name) => {
      const { tls } = newMesh({ secrets: SECRETS })
      const served = await serve(tls, planOf(name), GATEWAY)
      const strict = upstreamOf('tls', { ...web, credentialName: 'ca-only', subjectAltNames: ['shop.example'] })
      expect(connected(await dialer(tls, served)(strict)).protocol).toBe('http/1.1')
      expect(served.secured).toEqual([{ tls: 'tls', sni: 'shop.example', alpn: 'http/1.1' }])
    },
  )

  test.each([
    ['none', 'secret istio-system/none not found'],
    ['empty', 'found keys "tls.crt" and "tls.key", but they were empty'],
    [
      'other',
      "found secret, but didn't have expected keys (cert and key) or (tls.crt and tls.key); found: host, password, port, and 1 more...",
    ],
    ['wrong', 'invalid certificate or key: tls: private key does not match public key'],
  ])('Secret %s refuses connections, saying why, and nothing falls over', async (name, why) => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf(name), GATEWAY)
    expect(await dialer(tls, served)(anonymous)).toMatch(/^tls: /)
    expect(served.refused).toEqual([why])
  })

  test.each(['rsa', 'twin'])('MUTUAL with Secret %s lets in whom its authorities vouch for', async (name) => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf(name, { clientCertificate: 'required' }), GATEWAY)
    expect(connected(await dialer(tls, served)(named)).heard).toBe('namaste')
    expect(served.secured[0]).toMatchObject({
      tls: 'mtls',
      peerCertificate: expect.stringMatching(
        /^Hash=[0-9a-f]{64};Subject="CN=shop,O=Example";URI=;DNS=client\.example$/,
      ) as string,
    })
    expect(await dialer(tls, served)(anonymous)).toMatch('certificate required')
  })

  test('OPTIONAL_MUTUAL lets in who shows nothing, and not who shows what is wrong', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf('twin', { clientCertificate: 'optional' }), GATEWAY)
    expect(connected(await dialer(tls, served)(anonymous)).heard).toBe('namaste')
    expect(connected(await dialer(tls, served)(named)).heard).toBe('namaste')
    expect(served.secured.map((one) => one.tls)).toEqual(['tls', 'mtls'])
    const own = upstreamOf('mtls', { ...web, skipsVerification: true })
    await dialer(tls, served)(own)
    expect(served.refused).toEqual(['client certificate is not vouched for'])
  })

  test('of a client’s certificate one of the names asked for must be there', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const plan = planOf('twin', { clientCertificate: 'required', limits: { subjectAltNames: ['other.example'] } })
    const served = await serve(tls, plan, GATEWAY)
    await dialer(tls, served)(named)
    expect(served.refused).toEqual(['client certificate has none of the names asked for'])
  })

  test('versions and cipher suites are limited', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const limits = { maxVersion: 'TLSv1.2', cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] } as const
    const served = await serve(tls, planOf('tls', { limits }), GATEWAY)
    const dial = dialer(tls, served)
    const { socket } = connected(await dial(anonymous))
    expect(socket.getProtocol()).toBe('TLSv1.2')
    expect(socket.getCipher().standardName).toBe('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384')
    expect(connected(await dial(anonymous)).socket.isSessionReused()).toBe(true)
  })

  test('a client that shares no protocol is served all the same', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf('tls'), GATEWAY)
    const odd = upstreamOf('tls', { alpn: ['acme-tls/1'], sni: 'shop.example', credentialName: 'ca-only' })
    expect(connected(await dialer(tls, served)(odd)).protocol).toBeUndefined()
  })

  test('a Secret that is replaced is shown to the next client', async () => {
    const { tls, secrets } = newMesh({ secrets: { ...SECRETS } })
    const served = await serve(tls, planOf('tls'), GATEWAY)
    const before = await shownBy(served)
    const next = pair(['next.example'])
    secrets['istio-system/tls'] = { 'tls.crt': next.certificate, 'tls.key': next.key }
    const after = await shownBy(served)
    expect([before?.subjectAltName, after?.subjectAltName]).toEqual([
      'DNS:shop.example, DNS:*.shop.example',
      'DNS:next.example',
    ])
  })

  test('a server whose certificate names another host, or an address without a server, is a failure told', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf('tls'), GATEWAY)
    const strict = (name: string) => upstreamOf('tls', { ...web, credentialName: 'ca-only', subjectAltNames: [name] })
    expect(connected(await dialer(tls, served)(strict('a.shop.example'))).heard).toBe('namaste')
    expect(await dialer(tls, served)(strict('a.b.shop.example'))).toContain('SAN matcher')
    expect(await dialer(tls, { port: 1 })(anonymous)).toBe('connect: Connection refused')
    expect(await dialer(tls, served)(upstreamOf('tls', { credentialName: 'gone' }))).toBe(
      'tls: secret shop/gone not found',
    )
  })
})
