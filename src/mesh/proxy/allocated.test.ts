import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH, type MeshConfig } from '../config/mesh-config.ts'
import { compile } from '../snapshot.ts'
import { pathOf } from './call.ts'
import { type Proxy, ProxyView } from './proxy-view.ts'

const GIVEN = '240.240.0.7'
const entry = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name: 'db', namespace: 'shop' },
  spec: { hosts: ['db.example'], ports: [{ number: 5432, name: 'tcp', protocol: 'TCP' }], resolution: 'DNS' },
  status: {
    addresses: [
      { value: GIVEN, host: 'db.example' },
      { value: '2001:2::7', host: 'db.example' },
    ],
  },
} as unknown as ApiObject

function listenerOf(address: string, own: Partial<Proxy>, mesh: Partial<MeshConfig> = {}): string | undefined {
  const proxy: Proxy = { type: 'sidecar', namespace: 'shop', labels: {}, addresses: ['10.0.0.1'], ...own }
  const view = new ProxyView(compile([entry], { ...DEFAULT_MESH, ...mesh }), proxy)
  const path = pathOf(view, { direction: 'outbound', address, port: 5432, tls: 'plaintext' })
  expect(path.tcpTargets?.[0]?.cluster).toMatch(/^(outbound\|5432\|\|db\.example|PassthroughCluster)$/)
  return path.listener
}

const SHARED = '0.0.0.0_5432'

describe('a host without an address', () => {
  test('is known by the one that it was given to a proxy that resolves names, and by no other', () => {
    expect(listenerOf(GIVEN, { dnsCapture: true })).toBe(`${GIVEN}_5432`)
    expect(listenerOf('9.9.9.9', { dnsCapture: true })).toBe('virtualOutbound')
  })

  test('shares its port with all addresses where a proxy resolves no names', () => {
    expect(listenerOf(GIVEN, {})).toBe(SHARED)
    expect(listenerOf('9.9.9.9', {})).toBe(SHARED)
  })

  test('is known by an address of the kind that the pod has', () => {
    const own = { dnsCapture: true, addresses: ['fd00::1'] }
    expect(listenerOf('2001:2::7', own)).toBe('2001:2::7_5432')
    expect(listenerOf(GIVEN, own)).toBe('virtualOutbound')
  })

  test('without the controller has one only for proxies that ask for it, worked out of its name', () => {
    const mesh = { ipAutoallocate: false }
    const known = compile([entry], { ...DEFAULT_MESH, ...mesh }).services.get('db.example')?.[0]?.allocated ?? []
    const [address = ''] = known
    expect(address).not.toBe(GIVEN)
    expect(listenerOf(address, { dnsCapture: true }, mesh)).toBe(SHARED)
    expect(listenerOf(address, { dnsCapture: true, dnsAutoAllocate: true }, mesh)).toBe(`${address}_5432`)
    expect(listenerOf(GIVEN, { dnsCapture: true, dnsAutoAllocate: true }, mesh)).toBe('virtualOutbound')
  })
})
