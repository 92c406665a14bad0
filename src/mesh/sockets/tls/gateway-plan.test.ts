import { expect, test } from 'vitest'
import type { ServerTls } from '../../config/types/gateway.ts'
import { gatewayTlsPlan, tlsPlanOf } from './gateway-plan.ts'

const alpn = ['h2', 'http/1.1']

test.each<[ServerTls, object]>([
  [{}, { kind: 'passthrough' }],
  [{ mode: 'PASSTHROUGH' }, { kind: 'passthrough' }],
  [{ mode: 'AUTO_PASSTHROUGH' }, { kind: 'passthrough' }],
  [
    { mode: 'SIMPLE', credentialName: 'shop' },
    { kind: 'terminate', certificate: 'shop', clientCertificate: 'none', alpn, limits: {} },
  ],
  [
    { mode: 'MUTUAL', credentialNames: ['rsa', 'ecdsa'], caCertCredentialName: 'clients', subjectAltNames: ['a'] },
    {
      kind: 'terminate',
      certificate: 'rsa',
      clientCertificate: 'required',
      alpn,
      limits: { authorities: 'clients', subjectAltNames: ['a'], otherCertificates: ['ecdsa'] },
    },
  ],
  [
    { mode: 'OPTIONAL_MUTUAL', credentialName: 'shop' },
    { kind: 'terminate', certificate: 'shop', clientCertificate: 'optional', alpn, limits: {} },
  ],
  [
    { mode: 'ISTIO_MUTUAL', credentialName: 'ignored', minProtocolVersion: 'TLSV1_3' },
    { kind: 'terminate', certificate: 'default', clientCertificate: 'required', alpn, limits: {} },
  ],
  [
    {
      mode: 'SIMPLE',
      serverCertificate: '/etc/tls.crt',
      privateKey: '/etc/tls.key',
      minProtocolVersion: 'TLSV1_0',
      maxProtocolVersion: 'TLSV1_3',
      cipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256', 'NONE-OF-THESE'],
    },
    {
      kind: 'terminate',
      certificate: '',
      clientCertificate: 'none',
      alpn,
      limits: {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        cipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256'],
        files: { certificate: '/etc/tls.crt', key: '/etc/tls.key' },
      },
    },
  ],
  [
    {
      mode: 'MUTUAL',
      serverCertificate: '/etc/tls.crt',
      privateKey: '/etc/tls.key',
      caCertificates: '/etc/ca.crt',
      caCrl: '/etc/ca.crl',
      insecureSkipVerify: true,
      ecdhCurves: ['P-256'],
    },
    {
      kind: 'terminate',
      certificate: '',
      clientCertificate: 'required',
      alpn,
      limits: {
        curves: ['P-256'],
        acceptsUntrusted: true,
        files: {
          certificate: '/etc/tls.crt',
          key: '/etc/tls.key',
          authorities: '/etc/ca.crt',
          revocations: '/etc/ca.crl',
        },
      },
    },
  ],
  [
    { mode: 'MUTUAL', credentialName: 'shop', verifyCertificateHash: ['AB:cd'], verifyCertificateSpki: ['a='] },
    {
      kind: 'terminate',
      certificate: 'shop',
      clientCertificate: 'required',
      alpn,
      limits: { certificateHashes: ['abcd'], keyHashes: ['a='] },
    },
  ],
])('%j', (tls, plan) => {
  expect(gatewayTlsPlan(tls)).toEqual(plan)
})

test('a listener without a filter chain for a client refuses it, one that ends no TLS passes it on', () => {
  expect(tlsPlanOf(undefined)).toEqual({ kind: 'refuse' })
  expect(tlsPlanOf({ ends: undefined })).toEqual({ kind: 'passthrough' })
})

test('a sidecar shows its own certificate, and prefers protocols of the mesh', () => {
  expect(tlsPlanOf({ ends: { requiresClientCertificate: true, certificate: 'default' } })).toMatchObject({
    kind: 'terminate',
    certificate: 'default',
    clientCertificate: 'required',
    alpn: expect.arrayContaining(['istio-h2', 'istio-http/1.1', 'istio', 'h2', 'http/1.1']) as string[],
  })
})

test('the mesh says what is agreed on where a server says nothing, and what sidecars agree on', () => {
  const tlsDefaults = { minProtocolVersion: 'TLSV1_3', cipherSuites: ['A'], ecdhCurves: ['P-521'] } as const
  expect(gatewayTlsPlan({ mode: 'SIMPLE', credentialName: 'shop', ecdhCurves: ['P-256'] }, tlsDefaults)).toMatchObject({
    limits: { minVersion: 'TLSv1.3', cipherSuites: ['A'], curves: ['P-256'] },
  })
  const ends = { requiresClientCertificate: true, certificate: 'default' }
  const meshMTLS = { minProtocolVersion: 'TLSV1_3', cipherSuites: ['B'] } as const
  expect(tlsPlanOf({ ends }, { meshMTLS, tlsDefaults })).toMatchObject({
    limits: { minVersion: 'TLSv1.3', cipherSuites: ['B'] },
  })
})
