import { expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { Event } from '../../api/kinds/core/event.ts'
import { printTime } from '../../world/clock.ts'
import { EventExpiry } from './event-expiry.ts'

const MINUTE_MS = 60_000

async function withExpiry(): Promise<TestCluster> {
  const cluster = await testCluster()
  const { client, informers, clock, world, events } = cluster
  await cluster.run(new EventExpiry({ client, informers, clock, random: world.random, events }))
  return cluster
}

async function tell({ client, clock }: TestCluster, name: string): Promise<void> {
  const involvedObject = { kind: 'Pod', name: 'web', namespace: 'default' }
  const lastTimestamp = printTime(clock.now())
  await client.create<Event>({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject,
    lastTimestamp,
    type: 'Normal',
    reason: 'Tested',
  })
}

async function told(cluster: TestCluster): Promise<readonly string[]> {
  return (await cluster.client.list(Event)).items.map(({ metadata }) => metadata.name)
}

test('events stay for an hour, give or take a minute', async () => {
  await using cluster = await withExpiry()
  const { clock } = cluster
  await clock.advance(10 * MINUTE_MS)
  await tell(cluster, 'a')
  await clock.advance(5_000)
  await tell(cluster, 'b')
  await clock.advance(30 * MINUTE_MS)
  await tell(cluster, 'c')
  await clock.advance(29 * MINUTE_MS)
  expect(await told(cluster)).toEqual(['a', 'b', 'c'])
  await clock.advance(2 * MINUTE_MS)
  expect(await told(cluster)).toEqual(['c'])
  await clock.advance(30 * MINUTE_MS)
  expect(await told(cluster)).toEqual([])
  expect(cluster.errors).toEqual([])
})

test('each repeat is a write, and keeps an event for another hour', async () => {
  await using cluster = await withExpiry()
  const { client, clock } = cluster
  await tell(cluster, 'a')
  await clock.advance(50 * MINUTE_MS)
  await client.mergePatch(Event, { namespace: 'default', name: 'a' }, { count: 2 })
  await clock.advance(50 * MINUTE_MS)
  expect(await told(cluster)).toEqual(['a'])
  await clock.advance(11 * MINUTE_MS)
  expect(await told(cluster)).toEqual([])
})

test('a flood of events does not keep anybody awake', async () => {
  await using cluster = await withExpiry()
  let lists = 0
  const { client, clock } = cluster
  const list = client.list.bind(client)
  client.list = ((...args: Parameters<typeof list>) => {
    lists++
    return list(...args)
  }) as typeof client.list
  for (let hour = 0; hour < 3; hour++) {
    for (let n = 0; n < 200; n++) {
      await tell(cluster, `n-${hour}-${n}`)
      await clock.advance(18_000)
    }
  }
  expect(lists).toBeLessThan(3 * 60)
  const kept = (await told(cluster)).length
  expect(kept).toBeGreaterThanOrEqual(199)
  expect(kept).toBeLessThan(205)
})
