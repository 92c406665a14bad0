import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import type { Service } from '../../api/kinds/core/service.ts'
import type { ServiceSpec } from '../../api/types.generated.ts'
import { SeededRandom } from '../../world/random.ts'
import { serviceNetwork } from './service-network.ts'

describe('cluster IPs', () => {
  test('a Service gets an address above those that are left to choose', async () => {
    const { spec } = await create('web', { ports: [{ port: 80 }] })
    expect(spec.clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/)
    expect(spec.clusterIP?.startsWith('10.96.0.')).toBe(false)
    expect(spec).toMatchObject({ clusterIPs: [spec.clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
  })

  test('an address that was asked for is given once', async () => {
    const { spec } = await create('dns', { clusterIP: '10.96.0.10', ports: [{ port: 53 }] })
    expect(spec).toMatchObject({ clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] })
    expect(await refusal('other', { clusterIP: '10.96.0.10', ports: [{ port: 53 }] })).toBe(
      'Service "other" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    )
  })

  test.each<[string, Partial<ServiceSpec>, string]>([
    [
      'an address of elsewhere',
      { clusterIP: '192.168.0.1' },
      'spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to allocate IP 192.168.0.1: the provided network does not match the current range',
    ],
    [
      'an address of another family',
      { clusterIP: 'fd00::1' },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      'a list without its first',
      { clusterIPs: ['10.96.0.10'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.10"]: must be empty when `clusterIP` is not specified',
    ],
    [
      'another family',
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      'two families',
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
  ])('%s is refused', async (_, spec, message) => {
    expect(await refusal('web', { ports: [{ port: 80 }], ...spec })).toBe(`Service "web" is invalid: ${message}`)
  })

  test.each<[string, Partial<ServiceSpec>, Partial<ServiceSpec>]>([
    ['a preference for two', { ipFamilyPolicy: 'PreferDualStack' }, { ipFamilies: ['IPv4'] }],
    [
      'headless',
      { clusterIP: 'None', selector: { app: 'web' } },
      { clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    [
      'headless, of no pods',
      { clusterIP: 'None' },
      { clusterIPs: ['None'], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
    ],
  ])('families: %s', async (_, given, expected) => {
    expect((await create('web', { ports: [{ port: 80 }], ...given })).spec).toMatchObject(expected)
  })

  test('comes and goes with the type', async () => {
    const named = await create('web', { type: 'ExternalName', externalName: 'web.example.com' })
    expect(named.spec).toEqual({ type: 'ExternalName', externalName: 'web.example.com', sessionAffinity: 'None' })
    const { externalName: _, ...rest } = named.spec
    const served = await cluster.client.update({
      ...named,
      spec: { ...rest, type: 'ClusterIP', ports: [{ port: 80 }] },
    } as Service)
    expect(served.spec.clusterIPs).toEqual([served.spec.clusterIP])
    const again = await cluster.client.update({ ...served, spec: named.spec } as Service)
    expect(again.spec).not.toHaveProperty('clusterIP')
  })
})

describe('node ports', () => {
  test('ports of one number share one, above those that are left to choose', async () => {
    const { spec } = await create('dns', {
      type: 'NodePort',
      ports: [
        { name: 'udp', port: 53, protocol: 'UDP' },
        { name: 'tcp', port: 53 },
        { name: 'metrics', port: 9153 },
      ],
    })
    const [udp = 0, tcp, metrics] = (spec.ports ?? []).map(({ nodePort }) => nodePort)
    expect(udp).toBeGreaterThanOrEqual(30_086)
    expect(udp).toBeLessThanOrEqual(32_767)
    expect(tcp).toBe(udp)
    expect(metrics).not.toBe(udp)
  })

  test('one that was asked for is given once, whatever the protocol', async () => {
    await create('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] })
    const ports = [{ port: 80, nodePort: 30_080, protocol: 'UDP' }]
    expect(await refusal('other', { type: 'NodePort', ports })).toBe(
      'Service "other" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    )
    expect(await refusal('other', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })).toBe(
      'Service "other" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    )
  })

  test('stay when the manifest is sent again, and others join them', async () => {
    const web = await create('web', { type: 'NodePort', ports: [{ name: 'http', port: 80 }] })
    const { nodePort } = web.spec.ports?.[0] ?? {}
    const { resourceVersion: _, ...metadata } = web.metadata
    const more = await cluster.client.update({
      ...web,
      metadata,
      spec: {
        type: 'NodePort',
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443 },
        ],
      },
    } as Service)
    expect(more.spec.ports?.[0]?.nodePort).toBe(nodePort)
    expect(more.spec.ports?.[1]?.nodePort).toBeGreaterThanOrEqual(30_086)
    expect(more.spec.clusterIP).toBe(web.spec.clusterIP)
  })

  test('a load balancer may do without, and yet ask for one', async () => {
    const { spec } = await create('web', {
      type: 'LoadBalancer',
      allocateLoadBalancerNodePorts: false,
      ports: [
        { name: 'http', port: 80 },
        { name: 'https', port: 443, nodePort: 30_443 },
      ],
    })
    expect(spec.ports?.map(({ nodePort }) => nodePort)).toEqual([undefined, 30_443])
  })

  test('a load balancer that keeps to local pods has its health checked at a port of its own', async () => {
    const local: Partial<ServiceSpec> = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] }
    const web = await create('web', local)
    const { spec } = web
    const { healthCheckNodePort = 0 } = spec
    expect(healthCheckNodePort).toBeGreaterThanOrEqual(30_086)
    expect(healthCheckNodePort).not.toBe(spec.ports?.[0]?.nodePort)
    expect(await refusal('other', { ...local, healthCheckNodePort })).toBe(
      `Internal error occurred: failed to allocate requested HealthCheck NodePort ${healthCheckNodePort}: provided port is already allocated`,
    )
    const same = await cluster.client.update({ ...web, metadata: { ...web.metadata, labels: { a: 'b' } } })
    expect(same.spec).toEqual(spec)
    const open = await cluster.client.update({ ...same, spec: { ...same.spec, externalTrafficPolicy: 'Cluster' } })
    expect(open.spec).not.toHaveProperty('healthCheckNodePort')
  })

  test('run out', async () => {
    for (let index = 0; index < 2_768; index += 100) {
      const ports = Array.from({ length: Math.min(100, 2_768 - index) }, (_, at) => ({ name: `p${at}`, port: at + 1 }))
      await create(`web-${index}`, { type: 'NodePort', ports })
    }
    expect(await refusal('one-more', { type: 'NodePort', ports: [{ port: 80 }] })).toBe(
      'Internal error occurred: failed to allocate a nodePort: range is full',
    )
  })
})

let cluster: TestCluster

beforeEach(async () => {
  cluster = await testCluster({ admission: [serviceNetwork(new SeededRandom('services'))] })
})

afterEach(async () => {
  await cluster[Symbol.asyncDispose]()
})

async function create(name: string, spec: Partial<ServiceSpec>): Promise<Service> {
  return await cluster.client.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec,
  } as Service)
}

async function refusal(name: string, spec: Partial<ServiceSpec>): Promise<string> {
  return await create(name, spec).then(
    () => 'created',
    (error: Error) => error.message,
  )
}
