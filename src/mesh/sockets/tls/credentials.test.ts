import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newCredential, newKey } from '../../../api/certificates/certificate.ts'
import { revocationList, revokingAuthority } from '../../../../test/support/revocations.ts'
import { CART, connected, dialer, newMesh, serve, upstreamOf, world } from '../../../../test/support/tls-parties.ts'
import type { TlsLimits } from '../../exchange/steps.ts'
import type { TerminatePlan } from './mesh-tls.ts'

const { clock, keys, random } = world
const GATEWAY = { namespace: 'istio-system', serviceAccount: 'ingress' }
const validity = () => ({
  notBeforeMs: clock.now() - 60_000,
  notAfterMs: clock.now() + 3_600_000,
  serial: random.bytes(16),
})
const company = revokingAuthority(newKey(keys).key, 'Company CA', validity())
const [server, client, dismissed] = ['shop.example', 'client.example', 'dismissed.example'].map((name) =>
  newCredential(
    { keys, subject: { commonName: name }, usages: ['server', 'client'], names: [name], ...validity() },
    company,
  ),
)
if (server === undefined || client === undefined || dismissed === undefined) throw new Error('three were issued')
const crl = revocationList(company, [dismissed.certificate], validity())
const secretOf = ({ certificate, key }: typeof server, more = {}) => ({
  'tls.crt': certificate,
  'tls.key': key,
  'ca.crt': company.certificate,
  ...more,
})
const SECRETS = {
  'istio-system/shop': secretOf(server),
  'istio-system/strict': secretOf(server, { 'ca.crl': crl }),
  'istio-system/strict-generic': { cert: server.certificate, key: server.key, cacert: company.certificate, crl },
  'shop/client': secretOf(client),
  'shop/dismissed': secretOf(dismissed),
}
const FILES = {
  '/certs/ca.pem': company.certificate,
  '/certs/ca.crl': crl,
  '/certs/client.pem': client.certificate,
  '/certs/client.key': client.key,
  '/certs/server.pem': server.certificate,
  '/certs/server.key': server.key,
}

function planOf(certificate: string, limits: TlsLimits = {}): TerminatePlan {
  return { kind: 'terminate', certificate, clientCertificate: 'required', alpn: ['http/1.1'], limits }
}

const web = { alpn: ['http/1.1'], sni: 'shop.example', showsCertificate: true }
const asClient = upstreamOf('tls', { ...web, credentialName: 'client' })
const asDismissed = upstreamOf('tls', { ...web, credentialName: 'dismissed' })

describe('a certificate that was taken back', () => {
  test.each(['strict', 'strict-generic'])('opens nothing where Secret %s lists it', async (name) => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf(name), GATEWAY)
    expect(connected(await dialer(tls, served)(asClient)).heard).toBe('namaste')
    await dialer(tls, served)(asDismissed)
    expect(served.refused).toEqual(['client certificate was revoked'])
  })

  test('opens nothing where a file lists it', async () => {
    const { tls } = newMesh({ secrets: SECRETS, files: FILES })
    const files = {
      certificate: '/certs/server.pem',
      key: '/certs/server.key',
      authorities: '/certs/ca.pem',
      revocations: '/certs/ca.crl',
    }
    const served = await serve(tls, planOf('', { files }), GATEWAY)
    expect(connected(await dialer(tls, served)(asClient)).heard).toBe('namaste')
    await dialer(tls, served)(asDismissed)
    expect(served.refused).toEqual(['client certificate was revoked'])
  })

  test('is not believed of a server either', async () => {
    const { tls } = newMesh({ secrets: { ...SECRETS, 'istio-system/old': secretOf(dismissed) }, files: FILES })
    const served = await serve(tls, { ...planOf('old'), clientCertificate: 'none' }, GATEWAY)
    const files = { authorities: '/certs/ca.pem', revocations: '/certs/ca.crl' }
    const dial = dialer(tls, served)
    expect(await dial(upstreamOf('tls', { ...web, files }))).toContain('CERTIFICATE_VERIFY_FAILED:CERT_REVOKED')
    const careless = upstreamOf('tls', { ...web, files: { authorities: '/certs/ca.pem' } })
    expect(connected(await dial(careless)).heard).toBe('namaste')
  })
})

describe('what a client is given', () => {
  test('files of its own, for MUTUAL', async () => {
    const { tls } = newMesh({ secrets: SECRETS, files: FILES })
    const served = await serve(tls, planOf('shop'), GATEWAY)
    const files = { certificate: '/certs/client.pem', key: '/certs/client.key', authorities: '/certs/ca.pem' }
    expect(connected(await dialer(tls, served)(upstreamOf('tls', { ...web, files }))).heard).toBe('namaste')
    expect(served.secured[0]?.peerCertificate).toContain('DNS=client.example')
    const gone = upstreamOf('tls', { ...web, files: { authorities: '/certs/gone.pem' } })
    expect(await dialer(tls, served)(gone)).toBe('tls: file /certs/gone.pem not found')
  })

  test('no certificate for SIMPLE, though the Secret has one', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf('shop'), GATEWAY)
    const simple = upstreamOf('tls', { ...web, credentialName: 'client', showsCertificate: false })
    expect(await dialer(tls, served)(simple)).toMatch('certificate required')
  })

  test('authorities out of a ConfigMap of any namespace, Secrets of its own alone', async () => {
    const configMaps = { 'certs/company': { 'ca.crt': company.certificate } }
    const { tls } = newMesh({ secrets: SECRETS, configMaps })
    const served = await serve(tls, { ...planOf('shop'), clientCertificate: 'none' }, GATEWAY)
    const dial = dialer(tls, served)
    const simple = { ...web, showsCertificate: false }
    const known = upstreamOf('tls', { ...simple, credentialName: 'configmap://certs/company' })
    expect(connected(await dial(known)).heard).toBe('namaste')
    expect(await dial(upstreamOf('tls', { ...simple, credentialName: 'configmap://certs/none' }))).toBe(
      'tls: configmap certs/none not found',
    )
    expect(await dial(upstreamOf('tls', { ...simple, credentialName: 'istio-system/shop' }))).toBe(
      'tls: cross namespace secret reference requires ReferenceGrant',
    )
  })
})

describe('which clients a server lets in', () => {
  const { x509, key } = (() => {
    const read = new X509Certificate(client.certificate)
    return { x509: read, key: read.publicKey.export({ type: 'spki', format: 'der' }) }
  })()

  test.each<[string, TlsLimits]>([
    ['certificate', { certificateHashes: [x509.fingerprint256.replaceAll(':', '').toLowerCase()] }],
    ['key', { keyHashes: [createHash('sha256').update(key).digest('base64')] }],
  ])('those whose %s it names', async (_, limits) => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf('shop', limits), GATEWAY)
    expect(connected(await dialer(tls, served)(asClient)).heard).toBe('namaste')
    await dialer(tls, served)(asDismissed)
    expect(served.refused).toEqual(['client certificate is none of those that are let in'])
  })

  test('whom nobody vouches for, if it says so', async () => {
    const { tls } = newMesh({ secrets: SECRETS })
    const served = await serve(tls, planOf('shop', { acceptsUntrusted: true }), GATEWAY)
    const stranger = upstreamOf('mtls', { ...web, skipsVerification: true })
    expect(connected(await dialer(tls, served)(stranger)).heard).toBe('namaste')
    expect(served.secured[0]?.tls).toBe('mtls')
  })
})

test('a server with two kinds of keys shows each client what it takes', async () => {
  const rsa = newCredential(
    {
      keys: { generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
      subject: { commonName: 'rsa' },
      usages: ['server'],
      names: ['shop.example'],
      ...validity(),
    },
    company,
  )
  const { tls } = newMesh({ secrets: { ...SECRETS, 'istio-system/rsa': secretOf(rsa) } })
  const plan = {
    ...planOf('shop', { otherCertificates: ['rsa'], maxVersion: 'TLSv1.2' }),
    clientCertificate: 'none',
  } as const
  const served = await serve(tls, plan, GATEWAY)
  for (const suite of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256']) {
    const upstream = upstreamOf('tls', {
      ...web,
      showsCertificate: false,
      skipsVerification: true,
      cipherSuites: [suite],
    })
    const { socket } = connected(await dialer(tls, served, CART)(upstream))
    expect(socket.getCipher().name).toBe(suite)
  }
})

test('who limits the suites of TLS 1.2 speaks TLS 1.3 all the same', async () => {
  const { tls } = newMesh({ secrets: SECRETS })
  const limits = { cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'], curves: ['P-384'] }
  const served = await serve(tls, { ...planOf('shop', limits), clientCertificate: 'none' }, GATEWAY)
  const { socket } = connected(
    await dialer(tls, served)(upstreamOf('tls', { ...web, showsCertificate: false, skipsVerification: true })),
  )
  expect(socket.getProtocol()).toBe('TLSv1.3')
  expect(socket.getEphemeralKeyInfo()).toMatchObject({ name: 'secp384r1' })
})
