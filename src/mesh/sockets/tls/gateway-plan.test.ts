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
      limits: { authorities: 'clients', subjectAltNames: ['a'] },
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
