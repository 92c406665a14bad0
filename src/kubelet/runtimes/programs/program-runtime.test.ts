import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../../../api/kinds/core/config-map.ts'
import { Event } from '../../../api/kinds/core/event.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import type { ApiObject } from '../../../api/object.ts'
import type { Container, PodSpec } from '../../../api/types.generated.ts'
import { Platform } from '../../../platform.ts'
import type { Program, ProgramContext } from '../../../world/program.ts'
import { SqliteEngine } from '../../../store/engines/sqlite.ts'
import { rehearsedWorld, VIRTUAL_EPOCH_MS } from '../../../world/rehearsed-world.ts'
import type { VirtualClock } from '../../../world/virtual-clock.ts'
import { textResponse } from '../../../world/web.ts'

const KEY = { namespace: 'default', name: 'web' }

/** A cluster in which the image `test/web` is a program. */
async function clusterWith(program: Program) {
  const world = rehearsedWorld({ seed: 'programs' })
  const errors: string[] = []
  const platform = new Platform({
    world,
    programs: ({ image }) => (image === 'test/web' ? program : undefined),
    onError: (where, error) => errors.push(`${where}: ${error.message}`),
  })
  await platform.start()
  const { clock } = world
  const { client } = platform
  await clock.advance(5_000)
  return {
    platform,
    client,
    clock,
    errors,
    pod: (container: Partial<Container> = {}, spec: Partial<PodSpec> = {}) =>
      client.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
        spec: { containers: [{ name: 'app', image: 'test/web', ...container }], ...spec },
      } as Pod),
    config: (name: string, data: Record<string, string>) =>
      client.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default' },
        data,
      } as ApiObject),
    async status() {
      return (await client.get(Pod, KEY))?.status?.containerStatuses?.[0]
    },
    async messages(reason: string) {
      const { items } = await client.list(Event)
      return items.filter((event) => event.reason === reason).map(({ message }) => message ?? '')
    },
    [Symbol.asyncDispose]: () => platform.stop(),
  }
}

/** Ends with SIGTERM. */
function terminated({ signal }: ProgramContext): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(0)
    else signal.addEventListener('abort', () => resolve(0), { once: true })
  })
}

async function logOf({ client }: { client: Platform['client'] }): Promise<string> {
  const answer = (await client.getSubresource(Pod, KEY, 'log')) as { chunks: AsyncIterable<string> }
  let text = ''
  for await (const chunk of answer.chunks) text += chunk
  return text
}

describe('a container whose image is a program', () => {
  test('runs it with its arguments and variables, and shows what it logs', async () => {
    const program: Program = {
      start(context) {
        context.log(`${context.args.join(' ')} in ${context.pod.namespace}/${context.pod.name}`)
        return terminated(context)
      },
    }
    await using cluster = await clusterWith(program)
    await cluster.pod({ args: ['--name=$(NAME)', '--cost=$$5'], env: [{ name: 'NAME', value: 'cart' }] })
    await cluster.clock.advance(3_000)
    expect(await logOf(cluster)).toBe('--name=cart --cost=$5 in default/web\n')
    expect((await cluster.status())?.ready).toBe(true)
    expect(cluster.errors).toEqual([])
  })

  test('reads what is mounted, and sees a ConfigMap change within a minute, unless a part of it is mounted', async () => {
    const seen: string[] = []
    const program: Program = {
      start(context) {
        const read = async (): Promise<void> => {
          const whole = await context.disk.readText('/etc/app/a.yml')
          seen.push(
            `${whole} ${await context.disk.readText('/one.yml')} ${(await context.disk.list('/etc/app'))?.join()}`,
          )
        }
        void read()
        context.onFilesChanged(() => void read())
        return terminated(context)
      },
    }
    await using cluster = await clusterWith(program)
    await cluster.config('web', { 'a.yml': 'old', 'b.yml': 'b' })
    const volumeMounts = [
      { name: 'config', mountPath: '/etc/app/' },
      { name: 'config', mountPath: '/one.yml', subPath: 'a.yml' },
    ]
    await cluster.pod({ volumeMounts }, { volumes: [{ name: 'config', configMap: { name: 'web' } }] })
    await cluster.clock.advance(3_000)
    expect(seen).toEqual(['old old a.yml,b.yml'])
    await cluster.client.mergePatch(ConfigMap, KEY, { data: { 'a.yml': 'new' } })
    await cluster.clock.advance(30_000)
    expect(seen).toHaveLength(1)
    await cluster.clock.advance(31_000)
    expect(seen).toEqual(['old old a.yml,b.yml', 'new old a.yml,b.yml'])
  })

  test('has the token of its service account', async () => {
    let token = ''
    const program: Program = {
      async start(context) {
        token = await context.disk.readText('/var/run/secrets/kubernetes.io/serviceaccount/token')
        return terminated(context)
      },
    }
    await using cluster = await clusterWith(program)
    await cluster.pod()
    await cluster.clock.advance(3_000)
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
    expect(claims.sub).toBe('system:serviceaccount:default:default')
  })

  test('is restarted with back-off when it fails, its message last in the log', async () => {
    const program: Program = { start: () => Promise.reject(new Error('no such flag: --wrong')) }
    await using cluster = await clusterWith(program)
    await cluster.pod({ terminationMessagePolicy: 'FallbackToLogsOnError' })
    await cluster.clock.advance(60_000)
    const status = await cluster.status()
    expect(status?.restartCount).toBe(3)
    expect(status?.state?.waiting?.reason).toBe('CrashLoopBackOff')
    expect(status?.lastState?.terminated).toMatchObject({
      exitCode: 1,
      reason: 'Error',
      message: 'no such flag: --wrong\n',
    })
    expect(await logOf(cluster)).toBe('no such flag: --wrong\n')
  })

  test('is ready when its own answer to the probe says so', async () => {
    let status = 503
    const program: Program = {
      start(context) {
        context.listen(8080, async ({ path }) => textResponse(path === '/ready' ? status : 404, ''))
        return terminated(context)
      },
    }
    await using cluster = await clusterWith(program)
    const ports = [{ name: 'http', containerPort: 8080 }]
    await cluster.pod({ ports, readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 } })
    await cluster.clock.advance(10_000)
    expect((await cluster.status())?.ready).toBe(false)
    expect(await cluster.messages('Unhealthy')).toContain(
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    )
    status = 200
    await cluster.clock.advance(5_000)
    expect((await cluster.status())?.ready).toBe(true)
  })

  test('is restarted when nobody listens where it is probed', async () => {
    await using cluster = await clusterWith({ start: terminated })
    const livenessProbe = { httpGet: { path: '/-/healthy', port: 9090 }, periodSeconds: 1, failureThreshold: 2 }
    await cluster.pod({ livenessProbe })
    await cluster.clock.advance(6_000)
    const { podIP } = (await cluster.client.get(Pod, KEY))?.status ?? {}
    const refusal = `dial tcp ${podIP}:9090: connect: connection refused`
    expect(await cluster.messages('Unhealthy')).toContain(
      `Liveness probe failed: Get "http://${podIP}:9090/-/healthy": ${refusal}`,
    )
    expect((await cluster.status())?.restartCount).toBeGreaterThan(0)
  })

  test('is killed when it outlives its grace, and cut off from the network and its files', async () => {
    const after: string[] = []
    const program: Program = {
      async start({ clock, disk, listen }) {
        await clock.sleep(60_000)
        for (const attempt of [
          () => disk.write('/tmp/late', ''),
          async () => listen(1, async () => textResponse(200, '')),
        ]) {
          await attempt().catch((error: Error) => after.push(error.message))
        }
        return 0
      },
    }
    await using cluster = await clusterWith(program)
    await cluster.pod({}, { terminationGracePeriodSeconds: 5 })
    await cluster.clock.advance(3_000)
    await cluster.client.delete(Pod as never, KEY)
    await cluster.clock.advance(4_000)
    expect(await cluster.client.get(Pod, KEY)).toBeDefined()
    await cluster.clock.advance(2_000)
    expect(await cluster.client.get(Pod, KEY)).toBeUndefined()
    await cluster.clock.advance(60_000)
    expect(after).toEqual(['the container has ended', 'the container has ended'])
  })

  test('finds what it wrote to a claim in the next pod, and an emptyDir empty', async () => {
    const found: string[] = []
    const program: Program = {
      async start(context) {
        const { disk } = context
        await disk.lock('/data/lock')
        for (const directory of ['/data', '/scratch']) {
          if (await disk.exists(`${directory}/kept`)) found.push(directory)
          await disk.write(`${directory}/kept`, 'here')
        }
        return terminated(context)
      },
    }
    await using cluster = await clusterWith(program)
    await cluster.client.create({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'example.org/local',
    } as ApiObject)
    await cluster.client.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { storageClassName: 'local', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    } as ApiObject)
    const volumeMounts = [
      { name: 'data', mountPath: '/data' },
      { name: 'scratch', mountPath: '/scratch' },
    ]
    const volumes = [
      { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'scratch', emptyDir: {} },
    ]
    for (let round = 0; round < 2; round++) {
      await cluster.pod({ volumeMounts }, { volumes })
      await cluster.clock.advance(20_000)
      await cluster.client.delete(Pod as never, KEY)
      await cluster.clock.advance(5_000)
    }
    expect(found).toEqual(['/data'])
    expect(cluster.errors).toEqual([])
  })
})

test('a program starts anew over its files when the platform does, and is not counted as restarted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dabba-programs-'))
  const starts: string[] = []
  const program: Program = {
    start(context) {
      starts.push(context.pod.name)
      return terminated(context)
    },
  }
  const open = async (startMs: number): Promise<{ platform: Platform; clock: VirtualClock }> => {
    const world = rehearsedWorld({ seed: 'adopted', startMs })
    const engine = new SqliteEngine(join(directory, 'store.db'))
    const platform = new Platform({ world, engine, programs: () => program })
    await platform.start()
    await world.clock.advance(5_000)
    return { platform, clock: world.clock }
  }
  try {
    const first = await open(VIRTUAL_EPOCH_MS)
    const spec = { containers: [{ name: 'app', image: 'test/web' }] }
    await first.platform.client.create({ apiVersion: 'v1', kind: 'Pod', metadata: { ...KEY }, spec } as Pod)
    await first.clock.advance(5_000)
    await first.platform.stop()
    const second = await open(first.clock.now())
    expect(starts).toEqual(['web', 'web'])
    const pod = await second.platform.client.get(Pod, KEY)
    expect(pod?.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, ready: true })
    await second.platform.stop()
  } finally {
    rmSync(directory, { recursive: true })
  }
})
