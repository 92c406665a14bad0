import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { MeshShop, meshObject } from '../../../test/support/mesh-shop.ts'
import { headerValue } from '../route/header-list.ts'
import type { IncomingConnection } from './steps.ts'

const EDGE = '10.0.0.9'
const labels = { istio: 'ingressgateway', 'gateway.istio.io/managed': 'true' }
const objects = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'edge', namespace: 'shop', labels },
    spec: { containers: [{ name: 'istio-proxy' }] },
    status: { podIP: EDGE, phase: 'Running' },
  } as ApiObject,
  meshObject('Gateway', 'edge', {
    selector: { istio: 'ingressgateway' },
    servers: [
      {
        port: { number: 443, name: 'https', protocol: 'HTTPS' },
        hosts: ['*'],
        tls: { mode: 'OPTIONAL_MUTUAL', credentialName: 'shop' },
      },
    ],
  }),
  meshObject('VirtualService', 'edge', {
    hosts: ['*'],
    gateways: ['edge'],
    http: [{ route: [{ destination: { host: 'cart' } }] }],
  }),
]

/** What a gateway tells the service of its client's certificate, when the client itself says something too. */
function toldBy(connection: Pick<IncomingConnection, 'tls' | 'peerCertificate'>): string | undefined {
  const { mesh } = new MeshShop(objects)
  const edge = mesh.workloadAt(EDGE)
  const destination = { address: EDGE, port: 443 }
  const source = { address: '203.0.113.7', port: 40_000 }
  const arriving = { direction: 'outbound', destination, source, sni: 'shop.example', alpn: 'h2' } as const
  const admission = edge && mesh.proxyOf(edge).admit({ ...arriving, ...connection })
  if (admission?.kind !== 'http') throw new Error(`no HTTP: ${JSON.stringify(admission)}`)
  const headers = ['x-forwarded-client-cert', 'Hash=of-somebody-else']
  const request = { method: 'GET', scheme: 'https', authority: 'shop.example', target: '/', headers, version: 'HTTP/2' }
  const step = admission.exchange({ ...request, version: 'HTTP/2' }).start(0)
  if (step.kind !== 'attempt') throw new Error(`no attempt: ${JSON.stringify(step)}`)
  return headerValue(step.head.headers, 'x-forwarded-client-cert')
}

test('a gateway passes on what a client’s certificate says, and never what the client says of one', () => {
  expect(toldBy({ tls: 'mtls', peerCertificate: 'Hash=1;Subject="CN=visitor"' })).toBe('Hash=1;Subject="CN=visitor"')
  expect(toldBy({ tls: 'tls' })).toBeUndefined()
})
