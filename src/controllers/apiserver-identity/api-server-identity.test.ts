import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { Lease } from '../../api/kinds/coordination/lease.ts'
import { ApiServerIdentity } from './api-server-identity.ts'

const SELECTOR = 'apiserver.kubernetes.io/identity=kube-apiserver'

test('an API server is known by a lease that it keeps, and that the next one on its machine takes over', async () => {
  await using cluster = await testCluster()
  const { client, clock, world } = cluster
  const identity = (name: string): ApiServerIdentity =>
    new ApiServerIdentity({ client, clock, random: world.random.fork(name) })
  const leases = async () => (await client.list(Lease, { labelSelector: SELECTOR })).items
  await cluster.run(identity('first'))
  const [first] = await leases()
  expect(first?.metadata).toMatchObject({
    namespace: 'kube-system',
    name: expect.stringMatching(/^apiserver-[a-z2-7]{26}$/),
  })
  expect(first?.spec).toMatchObject({ leaseDurationSeconds: 3_600, renewTime: '2026-01-01T00:00:00.000000Z' })
  await clock.advance(3_600_000)
  const [renewed] = await leases()
  expect(renewed?.spec).toEqual({ ...first?.spec, renewTime: '2026-01-01T01:00:00.000000Z' })
  await cluster.run(identity('second'))
  const [taken, ...others] = await leases()
  expect(others).toEqual([])
  expect(taken?.spec?.holderIdentity).not.toBe(first?.spec?.holderIdentity)
  expect(cluster.errors).toEqual([])
})
