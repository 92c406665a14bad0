import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { IPAddress } from '../../api/kinds/networking/ip-address.ts'
import { ServiceCIDR } from '../../api/kinds/networking/service-cidr.ts'
import type { ServiceSpec } from '../../api/types.generated.ts'
import { isInUse, ServiceCidrController } from './service-cidr-controller.ts'
import { ServiceAddressController } from './service-address-controller.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await testCluster()
  await cluster.run(new ServiceAddressController(cluster), new ServiceCidrController(cluster))
})

afterEach(async () => {
  expect(cluster.errors).toEqual([])
  await cluster[Symbol.asyncDispose]()
})

describe('the addresses of Services', () => {
  test('are objects as long as a Service holds them', async () => {
    await service('web', { clusterIPs: ['10.96.0.10', 'fd00::0a'] })
    await service('headless', { clusterIP: 'None', clusterIPs: ['None'] })
    expect(await addresses()).toEqual(['10.96.0.10', 'fd00::a'])
    const address = await cluster.client.get(IPAddress, { name: 'fd00::a' })
    expect(address).toMatchObject({
      metadata: {
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv6',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
    })
    await cluster.client.delete(Service, { namespace: 'default', name: 'web' })
    await cluster.clock.advance(0)
    expect(await addresses()).toEqual([])
  })

  test('that somebody takes away come back, and follow to another Service', async () => {
    await service('web', { clusterIPs: ['10.96.0.10'] })
    await cluster.client.delete(IPAddress, { name: '10.96.0.10' })
    await cluster.clock.advance(0)
    expect(await addresses()).toEqual(['10.96.0.10'])
    await cluster.client.delete(Service, { namespace: 'default', name: 'web' })
    await service('shop', { clusterIPs: ['10.96.0.10'] })
    const address = await cluster.client.get(IPAddress, { name: '10.96.0.10' })
    expect(address?.spec.parentRef?.name).toBe('shop')
  })

  test('that are somebody else’s are left alone', async () => {
    await address('10.96.0.99', {})
    await service('web', { clusterIPs: ['10.96.0.10'] })
    expect(await addresses()).toEqual(['10.96.0.10', '10.96.0.99'])
  })
})

describe('a range of addresses', () => {
  test('is ready and held', async () => {
    await range('more', '10.97.0.0/16')
    const cidr = await cluster.client.get(ServiceCIDR, { name: 'more' })
    expect(cidr?.metadata.finalizers).toEqual(['networking.k8s.io/service-cidr-finalizer'])
    expect(cidr?.status?.conditions).toMatchObject([
      { type: 'Ready', status: 'True', message: 'Kubernetes Service CIDR is ready' },
    ])
  })

  test('stays while a Service has an address of it, and goes ten seconds after it was asked to otherwise', async () => {
    await range('more', '10.97.0.0/16')
    await service('web', { clusterIPs: ['10.97.0.10'] })
    await cluster.client.delete(ServiceCIDR, { name: 'more' })
    await cluster.clock.advance(60_000)
    const cidr = await cluster.client.get(ServiceCIDR, { name: 'more' })
    expect(cidr?.status?.conditions).toMatchObject([
      {
        type: 'Ready',
        status: 'False',
        reason: 'Terminating',
        message:
          'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
      },
    ])
    await cluster.client.delete(Service, { namespace: 'default', name: 'web' })
    await cluster.clock.advance(0)
    expect(await cluster.client.get(ServiceCIDR, { name: 'more' })).toBeUndefined()
    await range('unused', '10.98.0.0/16')
    await cluster.client.delete(ServiceCIDR, { name: 'unused' })
    await cluster.clock.advance(9_000)
    expect(await cluster.client.get(ServiceCIDR, { name: 'unused' })).toBeDefined()
    await cluster.clock.advance(1_000)
    expect(await cluster.client.get(ServiceCIDR, { name: 'unused' })).toBeUndefined()
  })
})

describe('isInUse', () => {
  const cidr = (name: string, ...cidrs: string[]): ServiceCIDR =>
    ({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name }, spec: { cidrs } }) as ServiceCIDR
  const held = (name: string): IPAddress => {
    const labels = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' }
    return { metadata: { name, labels }, spec: {} } as unknown as IPAddress
  }

  test.each<[string, boolean, string[], string[]]>([
    ['an address that no other range has', true, ['10.0.0.0/24'], ['10.0.1.5']],
    ['an address that another range has too', false, ['10.0.0.0/24', '10.0.1.0/28'], ['10.0.1.5']],
    ['a range that has all of it', false, ['10.0.0.0/16'], ['10.0.1.5']],
    ['no address', false, [], ['10.9.0.1', 'fd00::1']],
  ])('%s', (_, expected, others, addressNames) => {
    const going = cidr('going', '10.0.1.0/24')
    const cidrs = [going, ...others.map((other, index) => cidr(`other-${index}`, other))]
    expect(isInUse(going, { cidrs, addresses: addressNames.map(held) })).toBe(expected)
  })
})

async function service(name: string, spec: ServiceSpec): Promise<void> {
  const metadata = { namespace: 'default', name }
  const ports = [{ port: 80, targetPort: 80, protocol: 'TCP' }]
  const clusterIP = spec.clusterIPs?.[0] ?? ''
  const families = { ipFamilies: (spec.clusterIPs ?? []).map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4')) }
  const policy = { ipFamilyPolicy: families.ipFamilies.length > 1 ? 'RequireDualStack' : 'SingleStack' }
  await cluster.client.create<Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { clusterIP, ports, ...families, ...policy, ...spec },
  })
  await cluster.clock.advance(0)
}

async function range(name: string, ...cidrs: string[]): Promise<void> {
  await cluster.client.create<ServiceCIDR>({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs },
  })
  await cluster.clock.advance(0)
}

async function address(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  await cluster.client.create<IPAddress>({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name, labels },
    spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 'elsewhere' } },
  })
}

async function addresses(): Promise<string[]> {
  return (await cluster.client.list(IPAddress)).items.map(({ metadata }) => metadata.name).toSorted()
}
