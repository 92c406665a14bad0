import { expect, test } from 'vitest'
import { DEFAULT_MESH } from './mesh-config.ts'
import { judgeMeshConfig, readMeshConfig } from './read-mesh-config.ts'

test('what is said is laid over the defaults, and what the mesh does not know is passed over', () => {
  const text = `
trustDomain: shop.example
rootNamespace: mesh
enableTracing: true
proxyListenPort: 15001
outboundTrafficPolicy: { mode: REGISTRY_ONLY }
defaultConfig: { gatewayTopology: { numTrustedProxies: 2 } }
`
  expect(readMeshConfig(text)).toEqual({
    ...DEFAULT_MESH,
    trustDomain: 'shop.example',
    rootNamespace: 'mesh',
    outboundMode: 'REGISTRY_ONLY',
    topology: { trustedProxies: 2 },
    enableTracing: true,
  })
})

test('paths are normalized as it says', () => {
  expect(readMeshConfig('pathNormalization: { normalization: MERGE_SLASHES }').pathNormalization).toBe('MERGE_SLASHES')
})

test('nothing said is the defaults', () => {
  expect(readMeshConfig('')).toEqual(DEFAULT_MESH)
})

test.each([
  ['a: [', 'line 1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['- a', 'it is no object'],
  ['trustDomain: 7', 'trustDomain: Invalid value: "integer": trustDomain in body must be of type string: "integer"'],
  [
    'outboundTrafficPolicy: { mode: NONE }',
    'outboundTrafficPolicy.mode: Unsupported value: "NONE": supported values: "REGISTRY_ONLY", "ALLOW_ANY", "ALLOW_ANY_DYNAMIC_DNS"',
  ],
  ['localityLbSetting: { failover: [ a ] }', 'localityLbSetting.failover[0]: Invalid value: "string"'],
  ['connectTimeout: 2h', 'invalid connect timeout: time 2h0m0s must be >1ms and <1h0m0s'],
])('%s is refused: %s', (text, message) => {
  expect(() => readMeshConfig(text)).toThrow(message)
})

test('what istiod would warn of is told beside', () => {
  const { mesh, warnings } = judgeMeshConfig('tlsDefaults: { ecdhCurves: [P-256, P-256] }')
  expect(mesh.tlsDefaults).toEqual({ ecdhCurves: ['P-256', 'P-256'] })
  expect(warnings).toEqual(['detected duplicate ECDH curves: [P-256]'])
  expect(judgeMeshConfig('').warnings).toEqual([])
})
