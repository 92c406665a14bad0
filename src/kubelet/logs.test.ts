import { describe, expect, test } from 'vitest'
import { container, kubeletCluster, type KubeletCluster } from '../../test/support/kubelet-cluster.ts'
import type { LogRequest } from './logs.ts'

async function read(cluster: KubeletCluster, request: Partial<LogRequest> = {}): Promise<string> {
  let text = ''
  for await (const line of cluster.kubelets.readLogs({
    namespace: 'default',
    pod: 'app',
    container: 'web',
    ...request,
  })) {
    text += line
  }
  return text
}

async function talking(): Promise<KubeletCluster> {
  const cluster = await kubeletCluster()
  cluster.model('talks', {
    selector: {},
    image: { pullDuration: '0s' },
    start: { createAfter: '0s' },
    logs: {
      onStart: [{ line: 'starting $(pod.name) on $(node.name)' }],
      periodic: [
        { line: '$(count) order $(number:100-999) paid by $(pick:upi,card)', every: '10s' },
        { line: '$(count) heartbeat', every: '30s', from: '5s' },
      ],
      onTermination: [{ line: 'got SIGTERM' }],
      onExit: [{ line: 'bye with $(exitCode)' }],
    },
  })
  await cluster.pod('app', {})
  await cluster.clock.advance(0)
  return cluster
}

describe('the log of a container', () => {
  test('is the same whenever it is read', async () => {
    await using cluster = await talking()
    await cluster.clock.advance(41_000)
    const text = await read(cluster)
    expect(text.replaceAll(/order \d+ paid by \w+/g, 'order')).toBe(
      ['starting app on node-1', '2 heartbeat', '3 order', '4 order', '5 order', '6 heartbeat', '7 order', ''].join(
        '\n',
      ),
    )
    expect(await read(cluster)).toBe(text)
    await cluster.clock.advance(1_000)
    expect(await read(cluster)).toBe(text)
  })

  test('can be cut: by lines, by time, by bytes', async () => {
    await using cluster = await talking()
    await cluster.clock.advance(41_000)
    const lines = (await read(cluster)).split('\n')
    expect(await read(cluster, { tail: 2 })).toBe(`${lines.slice(-3).join('\n')}`)
    expect(await read(cluster, { tail: 0 })).toBe('')
    expect(await read(cluster, { sinceSeconds: 15 })).toBe(lines.slice(-4).join('\n'))
    expect(await read(cluster, { sinceTime: '2026-01-01T00:00:40Z' })).toBe(lines.slice(-2).join('\n'))
    expect(await read(cluster, { limitBytes: 12 })).toBe('starting app')
    expect(await read(cluster, { tail: 1, timestamps: true })).toBe(`2026-01-01T00:00:40.000000000Z ${lines.at(-2)}\n`)
  })

  test('of a day is read from its end without what came before', async () => {
    await using cluster = await talking()
    await cluster.clock.advance(86_400_000)
    const lines = (await read(cluster)).trimEnd().split('\n')
    // A log keeps its last ten thousand lines.
    expect(lines).toHaveLength(10_000)
    expect(lines.at(-1)).toMatch(/^11521 order/)
    expect((await read(cluster, { tail: 3 })).trimEnd().split('\n')).toEqual(lines.slice(-3))
  })

  test('is followed to the end of the run', async () => {
    await using cluster = await talking()
    const seen: string[] = []
    const following = (async () => {
      const request = { namespace: 'default', pod: 'app', container: 'web', follow: true }
      for await (const line of cluster.kubelets.readLogs(request))
        seen.push(`${cluster.clock.now() % 100_000}: ${line}`)
    })()
    await cluster.clock.advance(25_000)
    expect(seen).toHaveLength(4)
    await cluster.client.delete(cluster.client.kindOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: '' } }), {
      namespace: 'default',
      name: 'app',
    })
    await cluster.clock.advance(5_000)
    await following
    expect(seen.map((line) => line.replace(/order.*/, 'order'))).toEqual([
      '0: starting app on node-1\n',
      '5000: 2 heartbeat\n',
      '10000: 3 order\n',
      '20000: 4 order\n',
      '25000: got SIGTERM\n',
      '25200: bye with 0\n',
    ])
  })

  test('is followed until nobody listens', async () => {
    await using cluster = await talking()
    const stop = new AbortController()
    const following = read(cluster, { follow: true, signal: stop.signal })
    await cluster.clock.advance(10_000)
    stop.abort()
    expect((await following).split('\n')).toHaveLength(4)
  })

  test('of the run before is kept', async () => {
    await using cluster = await kubeletCluster()
    const exit = { exitAfter: '2s', exitCode: 3 }
    const logs = { onStart: [{ line: 'run $(restartCount)' }], onExit: [{ line: 'failed with $(exitCode)' }] }
    cluster.model('crash', { selector: {}, runs: [exit, exit, {}], logs })
    await cluster.pod('app', {})
    await cluster.clock.advance(2_000)
    expect(await read(cluster)).toBe('run 0\n')
    expect(() => cluster.kubelets.readLogs(previous)).toThrow(
      'previous terminated container "web" in pod "app" not found',
    )
    await cluster.clock.advance(4_000)
    // Waiting for its second restart: what is read is the run that ended.
    expect(await read(cluster)).toBe('run 1\nfailed with 3\n')
    expect(await read(cluster, { previous: true })).toBe('run 1\nfailed with 3\n')
    await cluster.clock.advance(20_000)
    expect(await read(cluster)).toBe('run 2\n')
    expect(await read(cluster, { previous: true })).toBe('run 1\nfailed with 3\n')
  })

  test('stands in for a termination message where the container asks for it', async () => {
    await using cluster = await kubeletCluster()
    const logs = { onStart: [{ line: 'cannot reach the database' }] }
    cluster.model('crash', { selector: {}, runs: [{ exitAfter: '1s', exitCode: 1 }], logs })
    const web = container('web', { terminationMessagePolicy: 'FallbackToLogsOnError' })
    await cluster.pod('app', { restartPolicy: 'Never', containers: [web] })
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status?.containerStatuses?.[0]?.state?.terminated?.message).toBe(
      'cannot reach the database\n',
    )
  })
})

const previous = { namespace: 'default', pod: 'app', container: 'web', previous: true }

describe('a container without a log', () => {
  test.each([
    { why: 'ContainerCreating', afterMs: 500, image: { pullDuration: '1m' } },
    { why: 'trying and failing to pull image', afterMs: 3_000, image: { pullError: { message: 'no' } } },
    { why: "image can't be pulled", afterMs: 600, image: { pullError: { message: 'no' } } },
  ])('is waiting to start: $why', async ({ why, afterMs, image }) => {
    await using cluster = await kubeletCluster()
    cluster.model('m', { selector: {}, image })
    await cluster.pod('app', {})
    await cluster.clock.advance(afterMs)
    expect(() => cluster.kubelets.readLogs({ namespace: 'default', pod: 'app', container: 'web' })).toThrow(
      `container "web" in pod "app" is waiting to start: ${why}`,
    )
  })

  test('is not there', async () => {
    await using cluster = await kubeletCluster()
    expect(() => cluster.kubelets.readLogs({ namespace: 'default', pod: 'app', container: 'web' })).toThrow(
      'container "web" in pod "app" is not available',
    )
  })
})
