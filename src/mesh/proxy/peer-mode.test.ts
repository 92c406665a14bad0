import { expect, test } from 'vitest'
import type { MtlsMode, PeerAuthentication } from '../config/types/peer-authentication.ts'
import { peerModes } from './peer-mode.ts'

const workload = { namespace: 'shop', labels: { app: 'cart' }, rootNamespace: 'istio-system' }

function policy(
  namespace: string,
  mode: MtlsMode | 'UNSET',
  own: Partial<NonNullable<PeerAuthentication['spec']>> = {},
) {
  const metadata = { name: 'default', namespace }
  return { apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata, spec: { mtls: { mode }, ...own } }
}

const selector = { matchLabels: { app: 'cart' } }

test('without any policy both plain and mutual TLS are taken', () => {
  expect(peerModes([], workload)).toEqual({ mode: 'PERMISSIVE', byPort: new Map() })
})

test('the narrower policy is heard, and one that leaves it open asks the wider', () => {
  const mesh = policy('istio-system', 'STRICT')
  expect(peerModes([mesh, policy('shop', 'DISABLE')], workload).mode).toBe('DISABLE')
  expect(peerModes([mesh, policy('shop', 'UNSET')], workload).mode).toBe('STRICT')
  expect(peerModes([mesh, policy('shop', 'PERMISSIVE', { selector })], workload).mode).toBe('PERMISSIVE')
})

test("only the workload's own policy speaks of ports", () => {
  const portLevelMtls = { 8080: { mode: 'DISABLE' as const }, 9090: { mode: 'UNSET' as const } }
  const own = policy('shop', 'STRICT', { selector, portLevelMtls })
  expect([...peerModes([own], workload).byPort]).toEqual([
    [8080, 'DISABLE'],
    [9090, 'STRICT'],
  ])
  expect(peerModes([policy('shop', 'STRICT', { portLevelMtls })], workload).byPort.size).toBe(0)
})

test('a policy of the root namespace with a selector is for nobody elsewhere', () => {
  expect(peerModes([policy('istio-system', 'STRICT', { selector })], workload).mode).toBe('PERMISSIVE')
})
