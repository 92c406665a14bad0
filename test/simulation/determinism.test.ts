import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { runSaleDay, shopManifests } from './sale-day.ts'

/** How often the scenario is repeated; the full hundred takes minutes and is run before a release. */
const RUNS = Number(process.env['DABBA_DETERMINISM_RUNS'] ?? '3')

test('the scenario has two hundred objects', () => {
  expect(shopManifests()).toHaveLength(200)
})

test(
  'an hour of a shop with faults gives one event log, however often it is run',
  async () => {
    const hashes = new Set<string>()
    for (let run = 0; run < RUNS; run++) {
      await using cluster = await runSaleDay('sale-day')
      hashes.add(cluster.eventLogHash())
      const { items } = await cluster.client.list(Deployment, { namespace: 'shop' })
      for (const { spec, status } of items) expect(status?.readyReplicas).toBe(spec.replicas)
    }
    expect(hashes.size).toBe(1)
  },
  20 * 60_000,
)

test('another seed gives another event log', async () => {
  await using one = await runSaleDay('one')
  await using two = await runSaleDay('two')
  expect(one.eventLogHash()).not.toBe(two.eventLogHash())
}, 120_000)
