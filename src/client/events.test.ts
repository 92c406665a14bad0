import { expect, test } from 'vitest'
import { testCluster } from '../../test/support/cluster.ts'
import { Event } from '../api/kinds/core/event.ts'
import type { ApiObject } from '../api/object.ts'

const set: ApiObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'web', namespace: 'default', uid: 'u1' },
}

test('a hundred pods of one set leave nine events, and a combined one that counts the rest', async () => {
  await using cluster = await testCluster()
  const recorder = cluster.events('replicaset-controller')
  for (let index = 0; index < 100; index++) {
    await recorder.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: web-${index}` })
    await cluster.clock.advance(10)
  }
  const { items } = await cluster.client.list(Event, { namespace: 'default' })
  expect(items.map(({ count, message }) => `${count} ${message}`)).toEqual([
    ...Array.from({ length: 9 }, (_, index) => `1 Created pod: web-${index}`),
    '16 (combined from similar events): Created pod: web-24',
  ])
})

test('the same note twice at once is one event, counted twice', async () => {
  await using cluster = await testCluster()
  const recorder = cluster.events('kubelet')
  const note = { type: 'Warning', reason: 'BackOff', message: 'Back-off restarting failed container' } as const
  await Promise.all([recorder.record(set, note), recorder.record(set, note), recorder.record(set, note)])
  const { items } = await cluster.client.list(Event, { namespace: 'default' })
  expect(items.map(({ count }) => count)).toEqual([3])
})

test('an event that was deleted is written anew, with all that it counted', async () => {
  await using cluster = await testCluster()
  const recorder = cluster.events('kubelet')
  const note = { type: 'Warning', reason: 'BackOff', message: 'Back-off restarting failed container' } as const
  await recorder.record(set, note)
  await cluster.client.deleteCollection(Event, { namespace: 'default' })
  await recorder.record(set, note)
  const { items } = await cluster.client.list(Event, { namespace: 'default' })
  expect(items.map(({ count }) => count)).toEqual([2])
})
