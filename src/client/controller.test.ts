import { expect, test } from 'vitest'
import { testCluster } from '../../test/support/cluster.ts'
import { type Controller, DONE, runController } from './controller.ts'

test('a controller that is stopped while it starts comes to rest', async () => {
  await using cluster = await testCluster()
  const { client, informers, clock } = cluster
  const stop = new AbortController()
  const controller: Controller = {
    name: 'stopped-early',
    sources: [],
    start: () => stop.abort(),
    reconcile: () => Promise.resolve(DONE),
  }
  let isAtRest = false
  const onError = (): void => expect.unreachable()
  void runController(controller, { client, informers, clock, signal: stop.signal, onError }).then(() => {
    isAtRest = true
  })
  await clock.advance(60_000)
  expect(isAtRest).toBe(true)
})
