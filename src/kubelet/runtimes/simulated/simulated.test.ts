import { assert as check, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { container, kubeletCluster } from '../../../../test/support/kubelet-cluster.ts'
import type { Pod } from '../../../api/types.generated.ts'
import { qualifiedImage } from '../../images/image-name.ts'
import { LineSeries } from './line-series.ts'

describe('the lines of a periodic entry', () => {
  test('come in order, and are counted without those before', () => {
    const shape = record({
      fromMs: integer({ min: 0, max: 5_000 }),
      everyMs: integer({ min: 1, max: 3_000 }),
      untilMs: integer({ min: 0, max: 60_000 }),
      jitterPercent: integer({ min: 0, max: 100 }),
      atMs: integer({ min: 0, max: 70_000 }),
      salt: integer({ min: 0, max: 1_000 }),
    })
    check(
      property(shape, ({ jitterPercent, atMs, salt, ...times }) => {
        const line = { ...times, jitterRatio: jitterPercent / 100, stream: 'stdout' as const, write: () => '' }
        const series = new LineSeries(line, (index) => ((index * 7_919 + salt * 104_729) % 1_000) / 1_000)
        const all: number[] = []
        for (let time = series.timeMs(0); time !== undefined; time = series.timeMs(all.length)) all.push(time)
        expect(all).toEqual(all.toSorted((left, right) => left - right))
        expect(series.countBefore(atMs)).toBe(all.filter((time) => time < atMs).length)
      }),
    )
  })
})

describe('usage', () => {
  const resources = { requests: { cpu: '1', memory: '100Mi' }, limits: { cpu: '1500m', memory: '1Gi' } }

  test('follows the model, and stays within the limits', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('grows', {
      selector: {},
      image: { pullDuration: '0s' },
      start: { createAfter: '0s' },
      usage: {
        cpu: { points: [{ value: '50%' }, { after: '10s', value: '2' }] },
        memory: { points: [{ value: '10Mi' }, { after: '10s', value: '110Mi' }] },
      },
    })
    await cluster.pod('app', { containers: [container('web', { resources })] })
    await cluster.clock.advance(5_000)
    const usage = () => cluster.kubelets.usage({ namespace: 'default', name: 'app' })
    expect(usage()).toMatchObject([
      { name: 'web', cpuCores: 1.25, memoryBytes: 60 * 2 ** 20, ephemeralStorageBytes: 0 },
    ])
    await cluster.clock.advance(5_000)
    expect(usage()).toMatchObject([
      { name: 'web', cpuCores: 1.5, memoryBytes: 110 * 2 ** 20, ephemeralStorageBytes: 0 },
    ])
  })

  test('without a model is a share of what was asked for', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', { containers: [container('web', { resources })] })
    await cluster.clock.advance(5_000)
    expect(cluster.kubelets.usage({ namespace: 'default', name: 'app' })?.[0]).toMatchObject({
      cpuCores: 0.1,
      memoryBytes: 50 * 2 ** 20,
    })
    expect(cluster.kubelets.usage({ namespace: 'default', name: 'none' })).toBeUndefined()
  })

  test('of ephemeral storage above its limit evicts the pod', async () => {
    await using cluster = await kubeletCluster()
    cluster.model('writes', {
      selector: {},
      usage: { ephemeralStorage: { points: [{ value: '0' }], growth: { amount: '10Mi', every: '1s' } } },
    })
    const limits = { 'ephemeral-storage': '100Mi' }
    await cluster.pod('app', { containers: [container('web', { resources: { limits } })] })
    await cluster.clock.advance(9_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Container web exceeded its local ephemeral storage limit "100Mi". ',
    })
  })
})

test('an ephemeral container joins a pod that runs', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('app', {})
  await cluster.clock.advance(5_000)
  const pod = await cluster.get('app')
  const ephemeralContainers = [{ name: 'debug', image: 'busybox:1.37', targetContainerName: 'web' }]
  await cluster.store.update('/pods', { ...pod!, spec: { ...pod!.spec, ephemeralContainers } } as Pod)
  await cluster.clock.advance(5_000)
  expect((await cluster.get('app'))?.status).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ restartCount: 0, ready: true }],
    ephemeralContainerStatuses: [{ name: 'debug', state: { running: {} } }],
  })
})

test.each([
  ['nginx', 'docker.io/library/nginx', 'latest'],
  ['nginx:1.29', 'docker.io/library/nginx', '1.29'],
  ['bazaar/cart:v2', 'docker.io/bazaar/cart', 'v2'],
  ['registry.example.in/cart', 'registry.example.in/cart', 'latest'],
  ['localhost:5000/cart', 'localhost:5000/cart', 'latest'],
])('%s is %s:%s', (image, repository, tag) => {
  expect(qualifiedImage(image)).toEqual({ repository, tag, digest: undefined })
})

test('an image may be named by its digest', () => {
  expect(qualifiedImage('cart@sha256:abc')).toMatchObject({
    repository: 'docker.io/library/cart',
    digest: 'sha256:abc',
  })
})

test('the same seed gives the same life, to the last container ID', async () => {
  async function live(): Promise<string> {
    await using cluster = await kubeletCluster({ seed: 'twice' })
    cluster.model('dice', {
      selector: {},
      start: { createAfter: '1s', jitterPercent: 50 },
      runs: [{ exitAfter: '10s', failurePercent: 50, jitterPercent: 50 }],
    })
    for (let index = 0; index < 10; index++) await cluster.pod(`pod-${index}`, { restartPolicy: 'OnFailure' })
    await cluster.clock.advance(120_000)
    return JSON.stringify(cluster.store.list('/pods'))
  }
  expect(await live()).toBe(await live())
})
