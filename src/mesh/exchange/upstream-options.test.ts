import { expect, test } from 'vitest'
import { clusterPolicy } from '../balance/cluster-policy.ts'
import { ConnectionLimit } from '../balance/connection-limit.ts'
import { PendingLimit } from '../balance/pending-limit.ts'
import type { ClientTls } from '../config/types/destination-rule.ts'
import { UpstreamWays } from './upstream-options.ts'

function tlsOf(tls: ClientTls, authority?: string) {
  const ways = new UpstreamWays('outbound|443||api.example', {
    name: { host: 'api.example', port: 443, subset: '' },
    policy: clusterPolicy({ tls }),
    limits: { connections: new ConnectionLimit(), pending: new PendingLimit() },
    identities: () => [],
    ownNames: ['entry.example'],
    tlsDefaults: { cipherSuites: ['A'], ecdhCurves: ['P-256'] },
  })
  expect(ways.of('tls', 'http1', authority)).toBe(ways.of('tls', 'http1', authority))
  return ways.of('tls', 'http1', authority).tls
}

test('a server without a name in the rule is asked for by the client’s, and must have it', () => {
  expect(tlsOf({ mode: 'SIMPLE' }, 'API.example:8443')).toMatchObject({
    sni: 'api.example',
    subjectAltNames: ['api.example'],
  })
  expect(tlsOf({ mode: 'SIMPLE', subjectAltNames: ['other.example'] }, 'api.example')).toMatchObject({
    sni: 'api.example',
    subjectAltNames: ['other.example'],
  })
})

test('a server with a name in the rule is whoever the authorities or the ServiceEntry say', () => {
  expect(tlsOf({ mode: 'SIMPLE', sni: 'sni.example' }, 'api.example')).toMatchObject({
    sni: 'sni.example',
    subjectAltNames: ['entry.example'],
  })
})

test('what is shown and believed is the rule’s, what is agreed on the mesh’s', () => {
  const files = { clientCertificate: '/c', privateKey: '/k', caCertificates: '/a', caCrl: '/r' }
  expect(tlsOf({ mode: 'MUTUAL', ...files, insecureSkipVerify: true })).toMatchObject({
    showsCertificate: true,
    files: { certificate: '/c', key: '/k', authorities: '/a', revocations: '/r' },
    skipsVerification: true,
    cipherSuites: ['A'],
    curves: ['P-256'],
  })
  expect(tlsOf({ mode: 'SIMPLE', ...files })).toMatchObject({
    showsCertificate: false,
    files: { authorities: '/a', revocations: '/r' },
  })
})
