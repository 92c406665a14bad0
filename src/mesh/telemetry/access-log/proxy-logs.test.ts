import { expect, test } from 'vitest'
import type { Namespace } from '../../../api/kinds/core/namespace.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { type TestCluster, testCluster } from '../../../../test/support/cluster.ts'
import { workload } from '../../../../test/support/mesh-records.ts'
import { ProxyLogs } from './proxy-logs.ts'

const WEB = workload('web')
const STDOUT = { proxy: WEB, path: '/dev/stdout', timeMs: 1 }

/** `web` of a namespace with injection, at the address of the workload. */
async function withWeb(cluster: TestCluster): Promise<Pod> {
  const { client } = cluster
  const labels = { 'istio-injection': 'enabled' }
  const metadata = { name: 'shop', labels }
  await client.create<Namespace>({ apiVersion: 'v1', kind: 'Namespace', metadata, spec: {} })
  const spec = { containers: [{ name: 'app', image: 'web:1' }] }
  const pod = await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec,
  } as Pod)
  return client.updateStatus(pod, { phase: 'Running', podIP: WEB.addresses[0] ?? '' })
}

function texts(logs: ProxyLogs, pod: Pod): readonly string[] | undefined {
  return logs
    .of(pod, 'istio-proxy')
    ?.last(100)
    .map(({ line }) => line)
}

test('lines are of the pod whose proxy wrote them, and of what a container writes to', async () => {
  await using cluster = await testCluster()
  const logs = new ProxyLogs(cluster.informers)
  const pod = await withWeb(cluster)
  logs.write('one\n', STDOUT)
  logs.write('two\nlines\n', { ...STDOUT, path: '/dev/stderr' })
  logs.write('elsewhere\n', { ...STDOUT, path: '/var/log/access.log' })
  logs.write('of another\n', { ...STDOUT, proxy: workload('cart') })
  expect(texts(logs, pod)).toEqual(['one', 'two', 'lines'])
  expect(logs.of(pod, 'istio-proxy')?.at(1)?.stream).toBe('stderr')
})

test('a pod that has its address from another has none of its lines', async () => {
  await using cluster = await testCluster()
  const logs = new ProxyLogs(cluster.informers)
  const pod = await withWeb(cluster)
  logs.write('one\n', STDOUT)
  await cluster.client.updateStatus(pod, { ...pod.status, phase: 'Succeeded' })
  const { metadata, ...rest } = pod
  const next = await cluster.client.create({
    ...rest,
    metadata: { name: 'next', namespace: metadata.namespace },
  } as Pod)
  await cluster.client.updateStatus(next, pod.status)
  logs.write('two\n', STDOUT)
  expect([texts(logs, pod), texts(logs, next)]).toEqual([['one'], ['two']])
})

test('of a pod that is gone nothing is left', async () => {
  await using cluster = await testCluster()
  const logs = new ProxyLogs(cluster.informers)
  const pod = await withWeb(cluster)
  logs.write('one\n', STDOUT)
  await cluster.client.delete(Pod, pod.metadata, { gracePeriodSeconds: 0 })
  expect(texts(logs, pod)).toBeUndefined()
  logs.write('late\n', STDOUT)
  expect(texts(logs, pod)).toBeUndefined()
})

test('a log is bounded', async () => {
  await using cluster = await testCluster()
  const logs = new ProxyLogs(cluster.informers)
  const pod = await withWeb(cluster)
  for (let index = 0; index < 20; index++) logs.write('x'.repeat(2 ** 20), STDOUT)
  expect(texts(logs, pod)).toHaveLength(9)
})

test('only who has a proxy has its log, and beside its containers only where it is none of them', async () => {
  await using cluster = await testCluster()
  const logs = new ProxyLogs(cluster.informers)
  const pod = await withWeb(cluster)
  const stranger = { ...pod, metadata: { ...pod.metadata, labels: { 'sidecar.istio.io/inject': 'false' } } }
  const own = { ...pod, spec: { ...pod.spec, containers: [{ name: 'app' }, { name: 'istio-proxy' }] } }
  const isBeside = (of: Pod, container = 'istio-proxy') => logs.isBeside(of, container)
  expect([isBeside(pod), isBeside(stranger), isBeside(own), isBeside(pod, 'app')]).toEqual([true, false, false, false])
  expect(logs.of(stranger, 'istio-proxy')).toBeUndefined()
  expect(logs.of(own, 'istio-proxy')).toBeDefined()
})
