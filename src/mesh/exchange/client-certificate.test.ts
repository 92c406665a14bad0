import { expect, test } from 'vitest'
import { readTopology } from '../config/types/gateway-topology.ts'
import { ownProxyConfig } from '../config/types/proxy-config.ts'
import { forwardedCertificates, withCertificate } from './client-certificate.ts'

const both = { received: 'Hash=1', shown: 'Hash=2' }
const onlyReceived = { received: 'Hash=1', shown: undefined }
const onlyShown = { received: undefined, shown: 'Hash=2' }

test.each([
  ['SANITIZE', undefined, undefined, undefined],
  ['FORWARD_ONLY', 'Hash=1', undefined, undefined],
  ['APPEND_FORWARD', 'Hash=1,Hash=2', undefined, 'Hash=2'],
  ['SANITIZE_SET', 'Hash=2', undefined, 'Hash=2'],
  ['ALWAYS_FORWARD_ONLY', 'Hash=1', 'Hash=1', undefined],
] as const)('a gateway in mode %s says what it may of certificates', (mode, ofBoth, ofReceived, ofShown) => {
  const told = [both, onlyReceived, onlyShown].map((certificates) => forwardedCertificates(mode, certificates))
  expect(told).toEqual([ofBoth, ofReceived, ofShown])
})

test('a sidecar tells its application of all, the caller last; of nobody where the caller has shown nothing', () => {
  const list = ['x-forwarded-client-cert', 'Hash=1', 'a', 'b', 'x-forwarded-client-cert', 'Hash=2']
  expect(withCertificate(list, 'APPEND_FORWARD', 'Hash=3')).toEqual([
    'a',
    'b',
    'x-forwarded-client-cert',
    'Hash=1,Hash=2,Hash=3',
  ])
  expect(withCertificate(list, 'APPEND_FORWARD', undefined)).toEqual(['a', 'b'])
  const plain = ['a', 'b']
  expect(withCertificate(list, 'FORWARD_ONLY', 'Hash=3')).toEqual([
    'a',
    'b',
    'x-forwarded-client-cert',
    'Hash=1,Hash=2',
  ])
  expect(withCertificate(plain, 'SANITIZE', 'Hash=3')).toBe(plain)
  expect(withCertificate(plain, 'APPEND_FORWARD', undefined)).toBe(plain)
})

test.each([
  ['{"gatewayTopology": {"numTrustedProxies": 2}}', { trustedProxies: 2 }],
  ['gatewayTopology: { forwardClientCertDetails: APPEND_FORWARD }', { forwardClientCertificate: 'APPEND_FORWARD' }],
  ['gatewayTopology: { forwardClientCertDetails: UNDEFINED, numTrustedProxies: many }', {}],
  ['gatewayTopology: { proxyProtocol: {} }', { readsProxyHeader: true }],
  ['{', {}],
])('what a pod says of its proxy is read: %s', (annotation, topology) => {
  expect(readTopology(ownProxyConfig({ 'proxy.istio.io/config': annotation }))).toEqual(topology)
})
