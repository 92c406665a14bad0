import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { meshObject, MeshShop } from '../../../test/support/mesh-shop.ts'

const labels = { istio: 'egressgateway' }
const annotations = { 'inject.istio.io/templates': 'gateway' }
const slice = { name: 'edge', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'edge' } }

const EDGE = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'edge', namespace: 'shop', labels, annotations },
    spec: { containers: [{ name: 'istio-proxy' }] },
    status: { podIP: '10.0.2.1', phase: 'Running' },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'edge', namespace: 'shop' },
    spec: { clusterIP: '10.96.0.2', ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: slice,
    endpoints: [{ addresses: ['10.0.2.1'] }],
    ports: [{ name: 'http', port: 8080 }],
  },
] as unknown as readonly ApiObject[]

test('a gateway behind a service is called as its Gateway listens: plainly, unless a rule says otherwise', () => {
  const transport = (objects: readonly ApiObject[]) => {
    const step = new MeshShop([...EDGE, ...objects]).exchange({ host: 'edge' }).start(0)
    return step.kind === 'attempt' ? step.upstream.transport : step.kind
  }
  expect(transport([])).toBe('plaintext')
  const tls = { mode: 'ISTIO_MUTUAL' }
  expect(transport([meshObject('DestinationRule', 'edge', { host: 'edge', trafficPolicy: { tls } })])).toBe('mtls')
})
