import { expect, test } from 'vitest'
import { testCluster } from '../../../../test/support/cluster.ts'
import { uncaughtDuring } from '../../../../test/support/uncaught.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { RehearsedDisk } from '../../../world/rehearsed-disk.ts'
import { VolumeStore } from './volume-store.ts'

test('a directory that cannot be removed with its pod is told of', async () => {
  await using cluster = await testCluster()
  const disk = new RehearsedDisk()
  const errors: unknown[] = []
  const keep = { disk, path: '/volumes' }
  const volumes = new VolumeStore({ informers: cluster.informers, keep, onError: (error) => errors.push(error) })
  const pod = await cluster.client.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'ledger', namespace: 'default' },
    spec: { containers: [{ name: 'ledger', image: 'ledger' }] },
  })
  await volumes.open({ name: 'data', emptyDir: {} }, pod)
  const failure = Object.assign(new Error('directory not empty'), { code: 'ENOTEMPTY' })
  disk.remove = () => Promise.reject(failure)
  const uncaught = await uncaughtDuring(() =>
    cluster.client.delete(Pod, { namespace: 'default', name: 'ledger' }, { gracePeriodSeconds: 0 }),
  )
  expect(uncaught).toEqual([])
  expect(errors).toEqual([failure])
})
