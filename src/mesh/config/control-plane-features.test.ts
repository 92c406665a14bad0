import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { featuresOfPod } from './control-plane-features.ts'

function istiod(env: readonly { name: string; value?: string }[], metadata: object = {}): ApiObject {
  const labels = { app: 'istiod' }
  const own = { name: 'istiod-1', namespace: 'istio-system', labels, ...metadata }
  const containers = [{ name: 'discovery', env }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: own, spec: { containers } } as unknown as ApiObject
}

const OFF = [{ name: 'PILOT_ENABLE_IP_AUTOALLOCATE', value: 'false' }]
const MESH = { rootNamespace: 'istio-system' }

test('what istiod is told by its environment holds for the mesh', () => {
  const several = { name: 'PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS', value: '1' }
  expect(featuresOfPod(istiod([...OFF, several]), MESH)).toEqual({
    ipAutoallocate: false,
    multipleExternalProviders: true,
  })
})

test('what it would not understand says nothing', () => {
  const env = [{ name: 'PILOT_ENABLE_IP_AUTOALLOCATE', value: 'off' }, { name: 'PILOT_ENABLE_IP_AUTOALLOCATE' }]
  expect(featuresOfPod(istiod(env), MESH)).toEqual({})
})

test('other pods have no say', () => {
  expect(featuresOfPod(istiod(OFF, { namespace: 'shop' }), MESH)).toBeUndefined()
  expect(featuresOfPod(istiod(OFF, { labels: { app: 'cart' } }), MESH)).toBeUndefined()
})
