import { describe, expect, test } from 'vitest'
import { container, kubeletCluster, messagesOf, statesOf } from '../../../test/support/kubelet-cluster.ts'
import { Pod } from '../../api/kinds/core/pod.ts'

const NOT_ALWAYS = { restartPolicy: 'Never' } as const

describe('init containers', () => {
  test('run one after the other, before the main containers', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', { initContainers: [container('a'), container('b')], containers: [container('web')] })
    await cluster.clock.advance(10_000)
    expect(statesOf(cluster.history('app'))).toEqual([
      'Pending',
      'Pending a:PodInitializing b:PodInitializing web:PodInitializing',
      'Pending a:running b:PodInitializing web:PodInitializing',
      'Pending a:0 b:PodInitializing web:PodInitializing',
      'Pending a:0 b:running web:PodInitializing',
      'Pending a:0 b:0 web:PodInitializing',
      'Running a:0 b:0 web:running!',
    ])
    const [, first] = cluster.history('app')
    expect(first?.status?.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [a b]',
    })
    expect(cluster.failures).toEqual([])
  })

  test('one that fails in a pod that never restarts fails the pod', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('bad', {
      selector: { containers: ['a'] },
      runs: [{ exitAfter: '2s', exitCode: 3, exitMessage: 'no' }],
    })
    await cluster.pod('app', { ...NOT_ALWAYS, initContainers: [container('a')], containers: [container('web')] })
    await cluster.clock.advance(10_000)
    const pod = await cluster.get('app')
    expect(pod?.status?.phase).toBe('Failed')
    expect(pod?.status?.initContainerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      message: 'no',
    })
    expect(pod?.status?.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } })
  })

  test('one that fails is tried again with back-off', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('flaky', {
      selector: { containers: ['a'] },
      runs: [{ exitAfter: '1s', exitCode: 1 }, { exitAfter: '1s', exitCode: 1 }, { exitAfter: '1s' }],
    })
    await cluster.pod('app', { initContainers: [container('a')], containers: [container('web')] })
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status?.initContainerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    })
    expect((await cluster.get('app'))?.status?.phase).toBe('Pending')
    await cluster.clock.advance(15_000)
    expect((await cluster.get('app'))?.status).toMatchObject({
      phase: 'Running',
      initContainerStatuses: [{ restartCount: 2, ready: true, state: { terminated: { exitCode: 0 } } }],
    })
  })
})

describe('sidecars', () => {
  const sidecar = container('proxy', { restartPolicy: 'Always' })

  test('start before what follows, and end after what they serve', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('slow', { selector: { containers: ['proxy'] }, start: { startedAfter: '3s' } })
    const probe = { tcpSocket: { port: 80 }, periodSeconds: 1 }
    await cluster.pod('app', {
      initContainers: [{ ...sidecar, startupProbe: { ...probe, failureThreshold: 30 } }],
      containers: [container('web')],
    })
    await cluster.clock.advance(3_000)
    expect(statesOf(cluster.history('app')).at(-1)).toBe('Pending proxy:running web:PodInitializing')
    await cluster.clock.advance(3_000)
    expect(statesOf(cluster.history('app')).at(-1)).toBe('Running proxy:running! web:running!')

    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(1_000)
    expect(statesOf(cluster.history('app')).slice(-2)).toEqual([
      'Running proxy:running! web:0',
      'Succeeded proxy:0 web:0',
    ])
    expect(await cluster.get('app')).toBeUndefined()
  })

  test('do not keep a pod alive whose containers are done', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('job', { ...NOT_ALWAYS, initContainers: [sidecar], containers: [container('work')] })
    await cluster.clock.advance(10_000)
    const pod = await cluster.get('job')
    expect(pod?.status?.phase).toBe('Succeeded')
    expect(pod?.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0)
    expect(pod?.status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['PodReadyToStartContainers', 'False', undefined],
      ['Initialized', 'True', 'PodCompleted'],
      ['Ready', 'False', 'PodCompleted'],
      ['ContainersReady', 'False', 'PodCompleted'],
      ['PodScheduled', 'True', undefined],
    ])
  })

  test('come back when they end, whatever the policy of the pod', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('crash', { selector: { containers: ['proxy'] }, runs: [{ exitAfter: '5s', exitCode: 1 }, {}] })
    cluster.model('work', { selector: { containers: ['work'] }, runs: [{ exitAfter: '1m' }] })
    await cluster.pod('job', { ...NOT_ALWAYS, initContainers: [sidecar], containers: [container('work')] })
    await cluster.clock.advance(20_000)
    expect((await cluster.get('job'))?.status?.initContainerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
    })
    await cluster.clock.advance(60_000)
    expect((await cluster.get('job'))?.status?.phase).toBe('Succeeded')
  })
})

describe('restarts', () => {
  test('a crashing container comes back at once, then after 10 s, 20 s, … up to 5 min', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('crash', {
      selector: {},
      image: { pullDuration: '0s' },
      start: { createAfter: '0s' },
      runs: [{ exitAfter: '1s', exitCode: 1 }],
    })
    await cluster.pod('app', {})
    await cluster.clock.advance(1_200_000)
    const starts = new Set(
      cluster.history('app').flatMap(({ status }) => status?.containerStatuses?.[0]?.state?.running?.startedAt ?? []),
    )
    const epoch = Date.parse('2026-01-01T00:00:00Z')
    expect([...starts].map((time) => (Date.parse(time) - epoch) / 1_000)).toEqual([
      0, 1, 12, 33, 74, 155, 316, 617, 918,
    ])
  })

  test('the wait shows as CrashLoopBackOff with the end of the last run', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('crash', { selector: {}, runs: [{ exitAfter: '1s', exitCode: 42 }] })
    const { metadata } = await cluster.pod('app', {})
    await cluster.clock.advance(5_000)
    const status = (await cluster.get('app'))?.status
    expect(status?.phase).toBe('Running')
    expect(status?.containerStatuses?.[0]).toMatchObject({
      ready: false,
      started: false,
      restartCount: 1,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 10s restarting failed container=web pod=app_default(${metadata.uid})`,
        },
      },
      lastState: { terminated: { exitCode: 42, reason: 'Error' } },
    })
    expect(await messagesOf(cluster, 'app', 'BackOff')).toEqual([
      `Back-off restarting failed container web in pod app_default(${metadata.uid})`,
    ])
  })

  test('ten minutes of good conduct are forgotten to the back-off', async () => {
    await using cluster = await kubeletCluster()
    const crash = { exitAfter: '1s', exitCode: 1 }
    cluster.model('crash', { selector: {}, runs: [crash, crash, { exitAfter: '11m', exitCode: 1 }, crash] })
    await cluster.pod('app', {})
    await cluster.clock.advance(20_000)
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.restartCount).toBe(2)
    await cluster.clock.advance(11 * 60_000 - 5_000)
    // At once: the run before had lasted long enough.
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.restartCount).toBe(3)
  })

  test.each([
    { policy: 'Never', code: 0, phase: 'Succeeded', restarts: 0 },
    { policy: 'Never', code: 1, phase: 'Failed', restarts: 0 },
    { policy: 'OnFailure', code: 0, phase: 'Succeeded', restarts: 0 },
    { policy: 'OnFailure', code: 1, phase: 'Running', restarts: 1 },
    { policy: 'Always', code: 0, phase: 'Running', restarts: 1 },
  ])('$policy after exit code $code: $phase', async ({ policy, code, phase, restarts }) => {
    await using cluster = await kubeletCluster()
    cluster.model('ends', { selector: {}, runs: [{ exitAfter: '1s', exitCode: code }] })
    await cluster.pod('app', { restartPolicy: policy })
    await cluster.clock.advance(4_000)
    const status = (await cluster.get('app'))?.status
    expect(status?.phase).toBe(phase)
    expect(status?.containerStatuses?.[0]?.restartCount).toBe(restarts)
  })

  test("a container's own rules go before the pod's policy", async () => {
    await using cluster = await kubeletCluster()
    cluster.model('ends', {
      selector: {},
      runs: [
        { exitAfter: '1s', exitCode: 42 },
        { exitAfter: '1s', exitCode: 7 },
      ],
    })
    const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } }
    const web = container('web', { restartPolicy: 'Never', restartPolicyRules: [rule] })
    await cluster.pod('app', { ...NOT_ALWAYS, containers: [web] })
    await cluster.clock.advance(10_000)
    const status = (await cluster.get('app'))?.status
    expect(status?.phase).toBe('Failed')
    expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 7 } } })
  })

  test('memory above the limit is an OOM kill', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('leak', {
      selector: {},
      usage: { memory: { points: [{ value: '32Mi' }], growth: { amount: '16Mi', every: '1s' } } },
    })
    const resources = { limits: { memory: '64Mi' }, requests: { memory: '64Mi' } }
    await cluster.pod('app', { ...NOT_ALWAYS, containers: [container('web', { resources })] })
    cluster.model('stays', { selector: {}, priority: 1, runs: [{}] })
    await cluster.clock.advance(10_000)
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:02Z',
    })
  })

  test('a new image replaces the container', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', {})
    await cluster.clock.advance(5_000)
    const pod = await cluster.get('app')
    const containers = pod!.spec.containers.map((one) => ({ ...one, image: 'nginx:1.30' }))
    await cluster.client.update({ ...pod!, spec: { ...pod!.spec, containers } })
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]).toMatchObject({
      image: 'docker.io/library/nginx:1.30',
      restartCount: 1,
      ready: true,
    })
    expect(await messagesOf(cluster, 'app', 'Killing')).toEqual(['Container web definition changed, will be restarted'])
  })
})

test('a new image replaces the container of a pod that never restarts, too', async () => {
  await using cluster = await kubeletCluster()
  cluster.model('long', { selector: {}, runs: [{}] })
  await cluster.pod('app', NOT_ALWAYS)
  await cluster.clock.advance(5_000)
  const pod = await cluster.get('app')
  const containers = pod!.spec.containers.map((one) => ({ ...one, image: 'nginx:1.30' }))
  await cluster.client.update({ ...pod!, spec: { ...pod!.spec, containers } })
  await cluster.clock.advance(5_000)
  expect((await cluster.get('app'))?.status).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ image: 'docker.io/library/nginx:1.30', restartCount: 1, ready: true }],
  })
  expect(cluster.failures).toEqual([])
})

describe('the end of a pod', () => {
  test('preStop, SIGTERM and SIGKILL share the grace period', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('stubborn', {
      selector: {},
      hooks: { preStop: { duration: '4s' } },
      termination: { ignoresSignal: true },
    })
    const lifecycle = { preStop: { exec: { command: ['sync'] } } }
    await cluster.pod('app', { terminationGracePeriodSeconds: 10, containers: [container('web', { lifecycle })] })
    await cluster.clock.advance(5_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(9_500)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
    await cluster.clock.advance(1_000)
    expect(await cluster.get('app')).toBeUndefined()
    const last = cluster.history('app').at(-1)
    expect(last?.status?.phase).toBe('Failed')
    expect(last?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
      finishedAt: '2026-01-01T00:00:15Z',
    })
  })

  test('a second deletion can shorten the grace', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('stubborn', { selector: {}, termination: { ignoresSignal: true } })
    await cluster.pod('app', { terminationGracePeriodSeconds: 600 })
    await cluster.clock.advance(5_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(5_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' }, { gracePeriodSeconds: 3 })
    await cluster.clock.advance(4_000)
    expect(await cluster.get('app')).toBeUndefined()
  })

  test('a pod deleted before it ran goes at once', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('slow', { selector: {}, image: { pullDuration: '1m' } })
    await cluster.pod('app', {})
    await cluster.clock.advance(1_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(100)
    expect(await cluster.get('app')).toBeUndefined()
    expect(cluster.history('app').at(-1)?.status?.phase).toBe('Failed')
  })

  test('a forced deletion leaves nothing behind', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', {})
    await cluster.clock.advance(5_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' }, { gracePeriodSeconds: 0 })
    await cluster.clock.advance(1_000)
    expect(await cluster.get('app')).toBeUndefined()
    // Its address is free again, and comes back when all others were given out.
    for (let index = 0; index < 253; index++) {
      await cluster.pod(`other-${index}`, { ...NOT_ALWAYS })
      await cluster.clock.advance(5_000)
      await cluster.client.delete(Pod, { namespace: 'default', name: `other-${index}` })
    }
    const addresses = cluster.history('other-252').at(-1)?.status?.podIP
    expect(addresses).toBe('10.244.0.2')
    expect(cluster.failures).toEqual([])
  })

  test('activeDeadlineSeconds ends a pod that takes too long', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', { activeDeadlineSeconds: 20 })
    await cluster.clock.advance(19_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
    await cluster.clock.advance(2_000)
    expect((await cluster.get('app'))?.status).toMatchObject({
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
      containerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    })
  })

  test('finalizers keep the object after its containers are gone', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', {}, { finalizers: ['example.com/hold'] })
    await cluster.clock.advance(5_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(60_000)
    const pod = await cluster.get('app')
    expect(pod?.status?.phase).toBe('Succeeded')
    expect(pod?.metadata.deletionGracePeriodSeconds).toBe(0)
    await cluster.client.update({ ...pod!, metadata: { ...pod!.metadata, finalizers: [] } })
    await cluster.clock.advance(1_000)
    expect(await cluster.get('app')).toBeUndefined()
    expect(cluster.failures).toEqual([])
  })
})

describe('hooks', () => {
  test('a container is not shown running before its postStart hook is done, and the next one waits', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('hook', { selector: { containers: ['proxy'] }, hooks: { postStart: { duration: '5s' } } })
    const lifecycle = { postStart: { exec: { command: ['wait'] } } }
    await cluster.pod('app', { containers: [container('proxy', { lifecycle }), container('web')] })
    await cluster.clock.advance(5_000)
    expect(statesOf(cluster.history('app')).at(-1)).toBe('Pending proxy:ContainerCreating web:ContainerCreating')
    await cluster.clock.advance(2_000)
    expect(statesOf(cluster.history('app')).at(-1)).toBe('Running proxy:running! web:running!')
  })

  test('a postStart hook that fails kills the container', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('hook', { selector: {}, hooks: { postStart: { error: 'exit status 1' } } })
    const lifecycle = { postStart: { exec: { command: ['false'] } } }
    await cluster.pod('app', { ...NOT_ALWAYS, containers: [container('web', { lifecycle })] })
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Succeeded')
    expect(await messagesOf(cluster, 'app', 'FailedPostStartHook')).toEqual(['PostStartHook failed'])
    expect(await messagesOf(cluster, 'app', 'Killing')).toEqual(['FailedPostStartHook'])
  })

  test('a sleep hook takes the time it names', async () => {
    await using cluster = await kubeletCluster()
    const lifecycle = { preStop: { sleep: { seconds: 7 } } }
    await cluster.pod('app', { containers: [container('web', { lifecycle })] })
    await cluster.clock.advance(5_000)
    await cluster.client.delete(Pod, { namespace: 'default', name: 'app' })
    await cluster.clock.advance(6_900)
    expect(await cluster.get('app')).toBeDefined()
    await cluster.clock.advance(500)
    expect(await cluster.get('app')).toBeUndefined()
  })
})

describe('images', () => {
  test('one that cannot be pulled is tried again, ever more slowly', async () => {
    await using cluster = await kubeletCluster()
    const message = 'rpc error: code = NotFound desc = failed to pull and unpack image "nginx:9": not found'
    cluster.model('missing', {
      selector: { images: ['nginx:9'] },
      image: { pullDuration: '1s', pullError: { message } },
    })
    await cluster.pod('app', { containers: [container('web', { image: 'nginx:9' })] })
    await cluster.clock.advance(1_500)
    const waiting = async () => (await cluster.get('app'))?.status?.containerStatuses?.[0]?.state?.waiting
    expect(await waiting()).toEqual({ reason: 'ErrImagePull', message })
    await cluster.clock.advance(1_000)
    expect(await waiting()).toEqual({
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "nginx:9": ErrImagePull: ${message}`,
    })
    expect((await cluster.eventsOf('app')).map((event) => [event.reason, event.message])).toEqual([
      ['Pulling', 'Pulling image "nginx:9"'],
      ['Failed', `Failed to pull image "nginx:9": ${message}`],
      ['Failed', 'Error: ErrImagePull'],
      ['BackOff', 'Back-off pulling image "nginx:9"'],
      ['Failed', 'Error: ImagePullBackOff'],
    ])
    await cluster.clock.advance(60_000)
    // At 0, 11 and 32 s.
    expect((await cluster.eventsOf('app'))[0]?.count).toBe(3)
  })

  test('one that comes on the third attempt lets the pod run', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('late', { selector: {}, image: { pullError: { message: 'timeout', attempts: 2 } } })
    await cluster.pod('app', {})
    await cluster.clock.advance(40_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
  })

  test('a policy of Never pulls nothing', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', { containers: [container('web', { imagePullPolicy: 'Never' })] })
    await cluster.clock.advance(1_000)
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'ErrImageNeverPull',
      message: 'Container image "nginx:1.29" is not present with pull policy of Never',
    })
  })

  test('pulls of one node come one after the other, and are shared', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('slow', { selector: {}, image: { pullDuration: '10s' } })
    await cluster.pod('one', {})
    await cluster.pod('two', {})
    await cluster.pod('three', { containers: [container('web', { image: 'redis:8' })] })
    await cluster.clock.advance(11_000)
    const phases = async () =>
      Promise.all(['one', 'two', 'three'].map(async (name) => (await cluster.get(name))?.status?.phase))
    expect(await phases()).toEqual(['Running', 'Running', 'Pending'])
    await cluster.clock.advance(10_000)
    expect(await phases()).toEqual(['Running', 'Running', 'Running'])
  })

  test('a container that the runtime refuses says so', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('refused', { selector: {}, start: { createError: 'no such executable' } })
    await cluster.pod('app', {})
    await cluster.clock.advance(2_000)
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerError',
      message: 'no such executable',
    })
  })
})
