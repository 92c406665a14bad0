import { describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import type { Kind } from '../../api/kind.ts'
import { Endpoints } from '../../api/kinds/core/endpoints.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import type { EndpointAddress, PodStatus } from '../../api/types.generated.ts'
import { EndpointSliceController } from './endpoint-slice-controller.ts'
import { EndpointSliceMirroringController } from './endpoint-slice-mirroring-controller.ts'
import { EndpointsController } from './endpoints-controller.ts'
import { repackSubsets, truncated } from './plan-endpoints.ts'

const KEY = { namespace: 'default', name: 'web' }

async function networkCluster(): Promise<TestCluster> {
  const cluster = await testCluster()
  const { client, informers, clock, world } = cluster
  const events = (component: string) => cluster.events(component)
  const options = { client, informers, clock, random: world.random, events }
  await cluster.run(
    new EndpointSliceController(options),
    new EndpointsController(options),
    new EndpointSliceMirroringController(options),
  )
  const labels = { 'topology.kubernetes.io/zone': 'mumbai-a' }
  await client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels } } as unknown as Node)
  return cluster
}

function service(spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...KEY, labels: { team: 'shop' } },
    spec: {
      clusterIP: '10.96.0.7',
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      selector: { app: 'web' },
      ...spec,
    },
  }
}

async function pod({ client }: TestCluster, index: number, isReady: boolean): Promise<Pod> {
  const created = await client.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${index}`, namespace: 'default', labels: { app: 'web' } },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'web', image: 'web', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }],
    },
  })
  return client.updateStatus(created, statusOf(index, isReady))
}

function statusOf(index: number, isReady: boolean): PodStatus {
  const status = isReady ? 'True' : 'False'
  const lastTransitionTime = '2026-01-01T00:00:05Z'
  const podIP = `10.0.0.${index}`
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [{ type: 'Ready', status, lastTransitionTime }],
  }
}

async function slices({ client }: TestCluster): Promise<readonly EndpointSlice[]> {
  const { items } = await client.list(EndpointSlice)
  return items.toSorted((a, b) => (a.addressType < b.addressType ? -1 : 1))
}

describe('EndpointSlices', () => {
  test("follow the pods of a Service, with its labels and its nodes' zones", async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    await client.create(service())
    await clock.advance(0)
    expect(await slices(cluster)).toMatchObject([{ endpoints: [], ports: [], addressType: 'IPv4' }])
    await pod(cluster, 1, true)
    await pod(cluster, 2, false)
    await clock.advance(0)
    const [slice, ...others] = await slices(cluster)
    expect(others).toEqual([])
    expect(slice?.metadata.labels).toEqual({
      team: 'shop',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    })
    expect(slice?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
    expect(slice?.endpoints).toMatchObject([
      { addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false }, zone: 'mumbai-a' },
      { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false }, nodeName: 'n1' },
    ])
    const present = await client.get(Service, KEY)
    await client.update({ ...present!, metadata: { ...present!.metadata, labels: { team: 'cart' } } })
    await clock.advance(0)
    expect((await slices(cluster))[0]?.metadata.labels).toMatchObject({ team: 'cart' })
    expect((await slices(cluster))[0]?.metadata.name).toBe(slice?.metadata.name)
    expect(cluster.errors).toEqual([])
  })

  test('a pod on an unknown node is left out until the node is known', async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    await client.delete(Node as unknown as Kind, { name: 'n1' })
    await client.create(service())
    await pod(cluster, 1, true)
    await clock.advance(0)
    expect((await slices(cluster))[0]?.endpoints).toEqual([])
    await client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } } as unknown as Node)
    await clock.advance(1_000)
    expect((await slices(cluster))[0]?.endpoints).toHaveLength(1)
  })

  test('say whose traffic endpoints are meant for, where the Service prefers short ways', async () => {
    await using cluster = await networkCluster()
    await cluster.client.create(service({ trafficDistribution: 'PreferSameNode' }))
    await pod(cluster, 1, true)
    await pod(cluster, 2, false)
    await cluster.clock.advance(0)
    expect((await slices(cluster))[0]?.endpoints?.map(({ hints }) => hints)).toEqual([
      { forNodes: [{ name: 'n1' }], forZones: [{ name: 'mumbai-a' }] },
      undefined,
    ])
  })
})

describe('Endpoints', () => {
  test('list ready pods and others apart, and go with their Service', async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    await client.create(service({ clusterIP: 'None' }))
    await pod(cluster, 1, true)
    await pod(cluster, 2, false)
    await clock.advance(0)
    const endpoints = await client.get(Endpoints, KEY)
    expect(endpoints?.metadata.labels).toEqual({
      team: 'shop',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
      'service.kubernetes.io/headless': '',
    })
    expect(endpoints?.subsets).toMatchObject([
      {
        addresses: [{ ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Pod', name: 'web-1' } }],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ])
    await client.delete(Service as unknown as Kind, KEY)
    await clock.advance(0)
    expect(await client.get(Endpoints, KEY)).toBeUndefined()
    expect(cluster.errors).toEqual([])
  })

  test('a pod that is on its way out is not listed', async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    await client.create(service())
    await pod(cluster, 1, true)
    await client.delete(Pod as unknown as Kind, { ...KEY, name: 'web-1' })
    await clock.advance(0)
    expect((await client.get(Endpoints, KEY))?.subsets).toBeUndefined()
    expect((await slices(cluster))[0]?.endpoints).toMatchObject([
      { conditions: { ready: false, serving: true, terminating: true } },
    ])
  })

  test('ports with the same addresses share a subset', () => {
    const addresses = [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }]
    expect(
      repackSubsets([
        { addresses, ports: [{ name: 'b', port: 2 }] },
        { addresses, ports: [{ name: 'a', port: 1 }] },
        { addresses: [{ ip: '10.0.0.3' }], ports: [{ name: 'c', port: 3 }] },
      ]),
    ).toEqual([
      {
        addresses: addresses.toReversed(),
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 2 },
        ],
      },
      { addresses: [{ ip: '10.0.0.3' }], ports: [{ name: 'c', port: 3 }] },
    ])
  })

  test('of more than a thousand addresses the ready ones stay, each subset in proportion', () => {
    const many = (count: number): EndpointAddress[] =>
      Array.from({ length: count }, (_, index) => ({ ip: `10.1.${index >> 8}.${index & 255}` }))
    const counts = (cut: ReturnType<typeof truncated>) =>
      cut.map(({ addresses = [], notReadyAddresses = [] }) => [addresses.length, notReadyAddresses.length])
    expect(counts(truncated([{ addresses: many(900), notReadyAddresses: many(300) }]))).toEqual([[900, 100]])
    expect(
      counts(truncated([{ addresses: many(1_500) }, { addresses: many(500), notReadyAddresses: many(9) }])),
    ).toEqual([
      [750, 0],
      [250, 0],
    ])
    const few = [{ addresses: many(1_000) }]
    expect(truncated(few)).toBe(few)
  })
})

describe('mirroring', () => {
  const endpoints = (ips: readonly string[]): Endpoints => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...KEY, labels: { a: 'b' }, annotations: { note: 'x' } },
    subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
  })

  test('Endpoints that people wrote appear as slices, one a family', async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    const { selector: _, ...spec } = service().spec
    await client.create({ ...service(), spec })
    await client.create(endpoints(['192.168.1.1', '2001:db8::1']))
    await clock.advance(0)
    const [first, second] = await slices(cluster)
    expect(first).toMatchObject({
      addressType: 'IPv4',
      metadata: {
        labels: {
          a: 'b',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
        },
        annotations: { note: 'x' },
      },
      endpoints: [{ addresses: ['192.168.1.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    })
    expect(second).toMatchObject({ addressType: 'IPv6', endpoints: [{ addresses: ['2001:db8::1'] }] })
    await client.delete(Endpoints as unknown as Kind, KEY)
    await clock.advance(0)
    expect(await slices(cluster)).toEqual([])
  })

  test('a change of ports rewrites the slice that is there', async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    const { selector: _, ...spec } = service().spec
    await client.create({ ...service(), spec })
    const created = await client.create(endpoints(['192.168.1.1']))
    await clock.advance(0)
    const [before] = await slices(cluster)
    const subsets = [{ ...created.subsets?.[0], ports: [{ name: 'http', port: 81, protocol: 'TCP' }] }]
    await client.update({ ...created, subsets })
    await clock.advance(0)
    const after = await slices(cluster)
    expect(after).toHaveLength(1)
    expect(after[0]).toMatchObject({ metadata: { name: before?.metadata.name }, ports: [{ port: 81 }] })
  })

  test('Endpoints of a Service with a selector are not mirrored', async () => {
    await using cluster = await networkCluster()
    const { client, clock } = cluster
    await client.create(service())
    await pod(cluster, 1, true)
    await clock.advance(0)
    expect(await slices(cluster)).toHaveLength(1)
  })
})
