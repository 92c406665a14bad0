import { describe, expect, test } from 'vitest'
import { testCluster } from '../../../../test/support/cluster.ts'
import type { LimitRange } from '../../../api/kinds/core/limit-range.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import type {
  Container,
  LimitRange as LimitRangeObject,
  LimitRangeItem,
  PersistentVolumeClaim,
  PodSpec,
} from '../../../api/types.generated.ts'
import { limitRanger } from '../limit-ranger.ts'
import { claimProblems, podProblems } from './constraints.ts'
import { withDefaults } from './defaults.ts'

type Resources = NonNullable<Container['resources']>

function range(...limits: LimitRangeItem[]): LimitRangeObject {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'limits', namespace: 'default' },
    spec: { limits },
  }
}

function spec(...resources: Resources[]): PodSpec {
  return { containers: resources.map((one, index) => ({ name: `c${index}`, image: 'web', resources: one })) }
}

const both = (cpu: string): Resources => ({ requests: { cpu }, limits: { cpu } })

describe('constraints', () => {
  test.each<[LimitRangeItem, PodSpec, readonly string[]]>([
    [
      { type: 'Container', min: { cpu: '100m' } },
      spec({}),
      ['minimum cpu usage per Container is 100m.  No request is specified'],
    ],
    [
      { type: 'Container', min: { cpu: '100m' } },
      spec(both('50m')),
      ['minimum cpu usage per Container is 100m, but request is 50m'],
    ],
    [{ type: 'Container', min: { cpu: '100m' } }, spec(both('100m')), []],
    [
      { type: 'Container', max: { cpu: '1' } },
      spec({ requests: { cpu: '1' } }),
      ['maximum cpu usage per Container is 1.  No limit is specified'],
    ],
    [
      { type: 'Container', max: { cpu: '1' } },
      spec(both('2'), both('1')),
      ['maximum cpu usage per Container is 1, but limit is 2'],
    ],
    [
      { type: 'Pod', max: { cpu: '1' } },
      spec(both('600m'), both('600m')),
      ['maximum cpu usage per Pod is 1, but limit is 1200m'],
    ],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      spec({ requests: { cpu: '1' }, limits: { cpu: '3' } }),
      ['cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000'],
    ],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      spec({ limits: { cpu: '3' } }),
      ['cpu max limit to request ratio per Container is 2, but no request is specified or request is 0'],
    ],
    [{ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, spec({}), []],
  ])('%j', (item, pod, problems) => {
    expect(podProblems(pod, range(item))).toEqual(problems)
  })

  test('claims have a smallest and a largest size', () => {
    const limits = range({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } })
    const claim = (storage: string) =>
      ({ spec: { resources: { requests: { storage } } } }) as unknown as PersistentVolumeClaim
    expect(claimProblems(claim('3Gi'), limits)).toEqual([
      'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    ])
    expect(claimProblems(claim('500Mi'), limits)).toEqual([
      'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
    ])
  })
})

test('containers keep what they say, and get the rest', () => {
  const limits = range({ type: 'Container', defaultRequest: { cpu: '100m', memory: '64Mi' }, default: { cpu: '1' } })
  const { spec: completed, notes } = withDefaults(spec({ requests: { cpu: '200m' } }), limits)
  expect(completed.containers[0]?.resources).toEqual({
    requests: { cpu: '200m', memory: '64Mi' },
    limits: { cpu: '1' },
  })
  expect(notes).toEqual(['memory request for container c0', 'cpu limit for container c0'])
})

describe('LimitRanger', () => {
  const pod = (resources: Resources): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: spec(resources),
  })

  test('a pod gets defaults and says so', async () => {
    await using cluster = await testCluster({ admission: [limitRanger()] })
    await cluster.client.create(
      range({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '500m' } }) as LimitRange,
    )
    const created = await cluster.client.create(pod({}))
    expect(created.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c0; cpu limit for container c0',
    })
    expect(created.spec.containers[0]?.resources).toEqual({ requests: { cpu: '500m' }, limits: { cpu: '1' } })
  })

  test('a pod beyond its limits is refused, all problems named', async () => {
    await using cluster = await testCluster({ admission: [limitRanger()] })
    await cluster.client.create(range({ type: 'Container', max: { cpu: '1', memory: '1Gi' } }) as LimitRange)
    await expect(
      cluster.client.create(pod({ limits: { cpu: '2', memory: '2Gi' }, requests: { cpu: '1', memory: '1Gi' } })),
    ).rejects.toThrow(
      'pods "web" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    )
    expect((await cluster.client.list(Pod)).items).toEqual([])
  })
})
