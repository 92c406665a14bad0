import { expect, test } from 'vitest'
import { container, kubeletCluster, type KubeletCluster } from '../../../test/support/kubelet-cluster.ts'
import { Kubelets } from '../kubelets.ts'
import { SimulatedRuntime } from '../runtimes/simulated/simulated-runtime.ts'

/** The same cluster with kubelets that know nothing but what the API says, as after a restart of the process. */
async function restarted(cluster: KubeletCluster, stop: AbortController): Promise<Kubelets> {
  const { client, informers, clock, world } = cluster
  const runtime = new SimulatedRuntime({ clock, random: world.random.fork('runtime'), models: () => cluster.models() })
  const kubelets = new Kubelets({
    client,
    informers,
    clock,
    runtime,
    onError: (error) => expect.unreachable(String(error)),
  })
  void kubelets.run(stop.signal)
  await clock.advance(0)
  return kubelets
}

test('what ran goes on as if nothing had happened', async () => {
  await using cluster = await kubeletCluster()
  const logs = { onStart: [{ line: 'run $(restartCount)' }], onExit: [{ line: 'over' }] }
  cluster.model('talks', { selector: {}, logs })
  cluster.model('job', { selector: { containers: ['work'] }, runs: [{ exitAfter: '1m' }] })
  cluster.model('crash', { selector: { containers: ['crash'] }, runs: [{ exitAfter: '10s', exitCode: 1 }, {}] })
  const readinessProbe = { httpGet: { port: 80 } }
  await cluster.pod('app', { containers: [container('web', { readinessProbe }), container('crash')] })
  await cluster.pod('job', { restartPolicy: 'Never', containers: [container('work')] })
  await cluster.pod('done', { restartPolicy: 'Never' })
  await cluster.clock.advance(30_000)
  const before = await Promise.all(['app', 'job', 'done'].map((name) => cluster.get(name)))
  cluster.stopKubelets()
  await cluster.clock.advance(10_000)

  const stop = new AbortController()
  const kubelets = await restarted(cluster, stop)
  await cluster.clock.advance(5_000)
  const after = await Promise.all(['app', 'job', 'done'].map((name) => cluster.get(name)))
  expect(after.map((pod) => pod?.status)).toEqual(before.map((pod) => pod?.status))
  expect(kubelets.usage({ namespace: 'default', name: 'app' })).toHaveLength(2)
  const logOf = async (pod: string, name: string, previous = false) => {
    const lines = kubelets.readLogs({ namespace: 'default', pod, container: name, previous })
    let text = ''
    for await (const line of lines) text += line
    return text
  }
  expect(await logOf('app', 'crash')).toBe('run 1\n')
  expect(await logOf('app', 'crash', true)).toBe('run 0\nover\n')
  expect(await logOf('done', 'web')).toBe('run 0\nover\n')

  await cluster.clock.advance(20_000)
  expect((await cluster.get('job'))?.status).toMatchObject({
    phase: 'Succeeded',
    containerStatuses: [{ state: { terminated: { finishedAt: '2026-01-01T00:01:00Z' } } }],
  })
  // Its address is not given to another.
  await cluster.pod('new', {})
  await cluster.clock.advance(5_000)
  expect((await cluster.get('new'))?.status?.podIP).not.toBe(after[0]?.status?.podIP)
  stop.abort()
})

test('what ended while nobody looked ended when it was to', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('job', { selector: {}, runs: [{ exitAfter: '20s', exitCode: 5 }] })
  await cluster.pod('job', { restartPolicy: 'Never' })
  await cluster.clock.advance(10_000)
  cluster.stopKubelets()
  await cluster.clock.advance(3_600_000)
  const stop = new AbortController()
  await restarted(cluster, stop)
  await cluster.clock.advance(1_000)
  expect((await cluster.get('job'))?.status).toMatchObject({
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode: 5, finishedAt: '2026-01-01T00:00:20Z' } } }],
  })
  stop.abort()
})

test('a pod that was on its way out goes', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('app', {})
  await cluster.clock.advance(10_000)
  cluster.stopKubelets()
  const pod = await cluster.get('app')
  await cluster.client.delete(cluster.client.kindOf(pod!), { namespace: 'default', name: 'app' })
  const stop = new AbortController()
  await restarted(cluster, stop)
  await cluster.clock.advance(5_000)
  expect(await cluster.get('app')).toBeUndefined()
  stop.abort()
})
