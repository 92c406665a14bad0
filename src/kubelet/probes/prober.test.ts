import { expect, test } from 'vitest'
import { container, kubeletCluster, messagesOf, statesOf } from '../../../test/support/kubelet-cluster.ts'

const web = { httpGet: { path: '/healthz', port: 8080 } }

test('a container is ready when its readiness probe says so, at the next period', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('warm', { selector: {}, start: { readyAfter: '12s' } })
  await cluster.pod('app', { containers: [container('web', { readinessProbe: { ...web, periodSeconds: 5 } })] })
  await cluster.clock.advance(60_000)
  expect(statesOf(cluster.history('app'))).toEqual([
    'Pending',
    'Pending web:ContainerCreating',
    'Running web:running',
    'Running web:running!',
  ])
  const ready = cluster
    .history('app')
    .at(-1)
    ?.status?.conditions?.find(({ type }) => type === 'Ready')
  // Started at 0.6 s, asked at 0.6, 5.6, 10.6 and 15.6 s.
  expect(ready?.lastTransitionTime).toBe('2026-01-01T00:00:15Z')
  const [failure] = (await cluster.eventsOf('app')).filter(({ reason }) => reason === 'Unhealthy')
  expect(failure).toMatchObject({
    type: 'Warning',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    count: 3,
    involvedObject: { fieldPath: 'spec.containers{web}' },
  })
})

test('the initial delay counts from the start of the container', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('app', { containers: [container('web', { readinessProbe: { ...web, initialDelaySeconds: 20 } })] })
  await cluster.clock.advance(20_000)
  expect(statesOf(cluster.history('app')).at(-1)).toBe('Running web:running')
  await cluster.clock.advance(1_000)
  expect(statesOf(cluster.history('app')).at(-1)).toBe('Running web:running!')
})

test('readiness comes and goes with as many outcomes in a row as the thresholds ask for', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('window', { selector: {}, probes: { readiness: [{ from: '60s', until: '2m', message: 'draining' }] } })
  const readinessProbe = { ...web, periodSeconds: 10, failureThreshold: 3, successThreshold: 2 }
  await cluster.pod('app', { containers: [container('web', { readinessProbe })] })
  await cluster.clock.advance(300_000)
  const changes = cluster
    .history('app')
    .flatMap(({ status }) => status?.conditions?.filter(({ type }) => type === 'Ready') ?? [])
    .map(({ status, lastTransitionTime }) => `${status} ${lastTransitionTime?.slice(14, 19)}`)
  // Ready after two successes at 0.6 and 10.6 s; not after three failures at 60.6 to 80.6 s; again at 120.6 and 130.6 s.
  expect([...new Set(changes)]).toEqual(['False 00:00', 'True 00:10', 'False 01:20', 'True 02:10'])
  expect(await messagesOf(cluster, 'app', 'Unhealthy')).toEqual(['Readiness probe failed: draining'])
})

test('a liveness probe that fails as often as its threshold restarts the container', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('hangs', { selector: {}, probes: { liveness: [{ from: '30s', result: 'Timeout' }] } })
  const livenessProbe = { ...web, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 2 }
  await cluster.pod('app', { containers: [container('web', { livenessProbe })] })
  await cluster.clock.advance(60_000)
  const status = (await cluster.get('app'))?.status?.containerStatuses?.[0]
  expect(status).toMatchObject({ restartCount: 1, ready: true, lastState: { terminated: { exitCode: 0 } } })
  expect(await messagesOf(cluster, 'app', 'Killing')).toEqual([
    'Container web failed liveness probe, will be restarted',
  ])
  expect(await messagesOf(cluster, 'app', 'Unhealthy')).toEqual([
    'Liveness probe failed: Get "http://10.244.0.2:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ])
})

test("a liveness probe's own grace goes before the pod's", async () => {
  await using cluster = await kubeletCluster()
  cluster.model('stuck', {
    selector: {},
    probes: { liveness: [{ from: '10s' }] },
    termination: { ignoresSignal: true },
  })
  const livenessProbe = { ...web, periodSeconds: 10, failureThreshold: 1, terminationGracePeriodSeconds: 5 }
  await cluster.pod('app', { terminationGracePeriodSeconds: 600, containers: [container('web', { livenessProbe })] })
  await cluster.clock.advance(18_000)
  const status = (await cluster.get('app'))?.status?.containerStatuses?.[0]
  expect(status?.lastState?.terminated).toMatchObject({ exitCode: 137, finishedAt: '2026-01-01T00:00:15Z' })
})

test('liveness and readiness wait for the startup probe', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('slow', {
    selector: {},
    start: { startedAfter: '25s' },
    probes: { liveness: [{ from: '0s', until: '20s' }] },
  })
  const probe = { ...web, periodSeconds: 1, failureThreshold: 1 }
  const startupProbe = { ...web, periodSeconds: 10, failureThreshold: 30 }
  await cluster.pod('app', {
    containers: [container('web', { startupProbe, livenessProbe: probe, readinessProbe: probe })],
  })
  await cluster.clock.advance(29_000)
  expect((await cluster.get('app'))?.status?.containerStatuses?.[0]).toMatchObject({ started: false, ready: false })
  await cluster.clock.advance(10_000)
  expect((await cluster.get('app'))?.status?.containerStatuses?.[0]).toMatchObject({
    started: true,
    ready: true,
    restartCount: 0,
  })
})

test('a startup probe that fails for too long restarts the container', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('never', { selector: {}, start: { startedAfter: '1h' } })
  const startupProbe = { tcpSocket: { port: 5432 }, periodSeconds: 2, failureThreshold: 3 }
  await cluster.pod('app', { containers: [container('db', { startupProbe })] })
  await cluster.clock.advance(7_000)
  expect(await messagesOf(cluster, 'app', 'Killing')).toEqual(['Container db failed startup probe, will be restarted'])
  expect(await messagesOf(cluster, 'app', 'Unhealthy')).toEqual([
    'Startup probe failed: dial tcp 10.244.0.2:5432: connect: connection refused',
  ])
})

test('a readiness gate holds back the pod, not its containers', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('app', { readinessGates: [{ conditionType: 'example.com/traffic' }] })
  await cluster.clock.advance(5_000)
  const conditions = async () =>
    (await cluster.get('app'))?.status?.conditions
      ?.filter(({ type }) => type === 'Ready' || type === 'ContainersReady')
      .map(({ type, status, reason, message }) => [type, status, reason, message])
  expect(await conditions()).toEqual([
    [
      'Ready',
      'False',
      'ReadinessGatesNotReady',
      'corresponding condition of pod readiness gate "example.com/traffic" does not exist.',
    ],
    ['ContainersReady', 'True', undefined, undefined],
  ])
  const pod = await cluster.get('app')
  await cluster.client.updateStatus(pod!, {
    ...pod!.status,
    conditions: [...pod!.status!.conditions!, { type: 'example.com/traffic', status: 'True' }],
  })
  await cluster.clock.advance(100)
  expect((await conditions())?.[0]?.[1]).toBe('True')
  // What others wrote stays, and comes first.
  expect((await cluster.get('app'))?.status?.conditions?.[0]?.type).toBe('example.com/traffic')
})

test('probes that have nothing new to say are not asked, so that a healthy day costs nothing', async () => {
  await using cluster = await kubeletCluster()
  let asked = 0
  const run = cluster.runtime.run.bind(cluster.runtime)
  cluster.runtime.run = (request, observer) => {
    const handle = run(request, observer)
    const probe = handle.probe.bind(handle)
    handle.probe = (probeRequest, done) => {
      asked++
      return probe(probeRequest, done)
    }
    return handle
  }
  await cluster.pod('app', { containers: [container('web', { readinessProbe: web, livenessProbe: web })] })
  await cluster.clock.advance(24 * 3_600_000)
  expect(asked).toBe(2)
})
