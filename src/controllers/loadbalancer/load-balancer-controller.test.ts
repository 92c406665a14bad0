import { expect, test } from 'vitest'
import { Event } from '../../api/kinds/core/event.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { startCluster, type TestCluster } from '../../testing.ts'

function service(name: string, spec: object): readonly Service[] {
  const all = { selector: { app: name }, ports: [{ port: 80 }], ...spec }
  return [{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: all }] as never
}

async function addressOf({ client }: TestCluster, name: string): Promise<string | undefined> {
  const { status } = (await client.get(Service, { namespace: 'default', name })) ?? {}
  return status?.loadBalancer?.ingress?.[0]?.ip
}

test('each gets an address of its own, and keeps it', async () => {
  await using cluster = await startCluster()
  await cluster.apply(service('web', { type: 'LoadBalancer' }))
  await cluster.apply(service('api', { type: 'LoadBalancer' }))
  await cluster.until(async () => (await addressOf(cluster, 'api')) !== undefined)
  expect([await addressOf(cluster, 'web'), await addressOf(cluster, 'api')]).toEqual(['10.254.0.1', '10.254.0.2'])
  await cluster.client.delete(Service, { namespace: 'default', name: 'web' })
  await cluster.apply(service('api', { type: 'LoadBalancer', ports: [{ port: 81 }] }))
  await cluster.advance(1_000)
  expect(await addressOf(cluster, 'api')).toBe('10.254.0.2')
  const { items } = await cluster.client.list(Event, { namespace: 'default' })
  expect(items.filter(({ reason }) => reason === 'EnsuredLoadBalancer')).toHaveLength(2)
})

test('the address that is asked for is given', async () => {
  await using cluster = await startCluster()
  await cluster.apply(service('web', { type: 'LoadBalancer', loadBalancerIP: '203.0.113.10' }))
  await cluster.until(async () => (await addressOf(cluster, 'web')) === '203.0.113.10')
})

test('it is gone when the Service is of that type no more', async () => {
  await using cluster = await startCluster()
  await cluster.apply(service('web', { type: 'LoadBalancer' }))
  await cluster.until(async () => (await addressOf(cluster, 'web')) !== undefined)
  await cluster.apply(service('web', { type: 'ClusterIP' }))
  await cluster.until(async () => (await addressOf(cluster, 'web')) === undefined)
})

test("those of a class are somebody else's", async () => {
  await using cluster = await startCluster()
  await cluster.apply(service('web', { type: 'LoadBalancer', loadBalancerClass: 'example.com/internal' }))
  await cluster.advance(10_000)
  expect(await addressOf(cluster, 'web')).toBeUndefined()
})
