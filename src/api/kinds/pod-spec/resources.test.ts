import { describe, expect, test } from 'vitest'
import { printQuantity } from '../../quantity.ts'
import type { Container, Pod, PodSpec } from '../../types.generated.ts'
import { qosClassOf } from './qos.ts'
import { podLimits, podRequestQuantities, podRequests, podRequestsInPlace } from './resources.ts'

type Lists = NonNullable<Container['resources']>

function container(resources: Lists, restartPolicy?: string): Container {
  return { name: 'a', image: 'a', resources, ...(restartPolicy === undefined ? {} : { restartPolicy }) }
}

function asking(cpu: string, restartPolicy?: string): Container {
  return container({ requests: { cpu } }, restartPolicy)
}

describe('podRequests', () => {
  test.each<[string, Pick<PodSpec, 'containers'> & Partial<PodSpec>, number]>([
    ['containers add up', { containers: [asking('1'), asking('500m')] }, 1500],
    [
      'init containers run one by one, so that only the largest counts',
      { containers: [asking('1')], initContainers: [asking('3'), asking('2')] },
      3000,
    ],
    ['the containers count where they are more', { containers: [asking('4')], initContainers: [asking('3')] }, 4000],
    [
      'sidecars stay beside the containers',
      { containers: [asking('1')], initContainers: [asking('1', 'Always'), asking('500m')] },
      2000,
    ],
    [
      'sidecars stay beside the init containers after them',
      { containers: [asking('1')], initContainers: [asking('1', 'Always'), asking('5')] },
      6000,
    ],
    [
      'sidecars do not stand beside those before them',
      { containers: [asking('1')], initContainers: [asking('5'), asking('1', 'Always')] },
      5000,
    ],
    ['overhead is added', { containers: [asking('1')], overhead: { cpu: '250m' } }, 1250],
    [
      'what the pod asks for as a whole replaces the sum',
      { containers: [asking('1')], resources: { requests: { cpu: '3' } }, overhead: { cpu: '1' } },
      4000,
    ],
  ])('%s', (_rule, spec, cpuMilli) => {
    expect(podRequests(spec).cpuMilli).toBe(cpuMilli)
  })

  test('knows resources by their kind', () => {
    const requests = { cpu: '1', memory: '1Gi', 'ephemeral-storage': '2G', 'nvidia.com/gpu': '2' }
    expect(podRequests({ containers: [container({ requests })] })).toEqual({
      cpuMilli: 1000,
      memoryBytes: 2 ** 30,
      ephemeralStorageBytes: 2e9,
      others: new Map([['nvidia.com/gpu', 2]]),
    })
  })

  test('is computed once for pods that share their containers', () => {
    const spec: PodSpec = { containers: [asking('1')] }
    expect(podRequests({ ...spec, nodeName: 'node-1' })).toBe(podRequests(spec))
    expect(podRequests({ ...spec, overhead: { cpu: '1' } })).not.toBe(podRequests(spec))
  })

  test('in exact quantities keeps the form of the first one', () => {
    const spec = {
      containers: [container({ requests: { memory: '1Gi' } }), container({ requests: { memory: '512Mi' } })],
    }
    expect([...podRequestQuantities(spec)].map(([name, sum]) => [name, printQuantity(sum)])).toEqual([
      ['memory', '1536Mi'],
    ])
  })
})

test('overhead does not limit what is not limited', () => {
  expect(podLimits({ containers: [asking('1')], overhead: { cpu: '1' } }).cpuMilli).toBe(0)
  const limited = { containers: [container({ limits: { cpu: '1' } })], overhead: { cpu: '1' } }
  expect(podLimits(limited).cpuMilli).toBe(2000)
})

test('while a resize is under way the larger of wish and grant counts', () => {
  const status = (cpu: string) => ({
    containerStatuses: [
      {
        name: 'a',
        image: '',
        imageID: '',
        ready: true,
        restartCount: 0,
        resources: { requests: { cpu } },
        allocatedResources: { cpu },
      },
    ],
  })
  const pod = (cpu: string): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [asking('2')] },
    status: status(cpu),
  })
  expect(podRequestsInPlace(pod('1')).cpuMilli).toBe(2000)
  expect(podRequestsInPlace(pod('3')).cpuMilli).toBe(3000)
  const refused = {
    ...pod('1'),
    status: { ...status('1'), conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }] },
  }
  expect(podRequestsInPlace(refused).cpuMilli).toBe(1000)
})

describe('qosClassOf', () => {
  const both = (cpu: string, memory: string) => ({ cpu, memory })

  test.each<[string, PodSpec, string]>([
    ['asks for nothing', { containers: [container({})] }, 'BestEffort'],
    ['asks for zero', { containers: [container({ requests: { cpu: '0' } })] }, 'BestEffort'],
    ['asks for devices only', { containers: [container({ limits: { 'nvidia.com/gpu': '1' } })] }, 'BestEffort'],
    [
      'limits all it requests',
      { containers: [container({ requests: both('1', '1Gi'), limits: both('1', '1Gi') })] },
      'Guaranteed',
    ],
    [
      'may use more than it requests',
      { containers: [container({ requests: both('1', '1Gi'), limits: both('2', '1Gi') })] },
      'Burstable',
    ],
    [
      'limits only its memory',
      { containers: [container({ requests: { memory: '1Gi' }, limits: { memory: '1Gi' } })] },
      'Burstable',
    ],
    [
      'has one container without limits',
      { containers: [container({ requests: both('1', '1Gi'), limits: both('1', '1Gi') }), container({})] },
      'Burstable',
    ],
    [
      'has an init container without limits',
      {
        containers: [container({ requests: both('1', '1Gi'), limits: both('1', '1Gi') })],
        initContainers: [container({})],
      },
      'Burstable',
    ],
    [
      'is limited as a whole',
      { containers: [container({})], resources: { requests: both('1', '1Gi'), limits: both('1', '1Gi') } },
      'Guaranteed',
    ],
  ])('of a pod that %s', (_rule, spec, qosClass) => {
    expect(qosClassOf(spec)).toBe(qosClass)
  })
})
