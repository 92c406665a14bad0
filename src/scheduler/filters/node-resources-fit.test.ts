import { describe, expect, test } from 'vitest'
import type { Container } from '../../api/types.generated.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { on, refusalsOf } from '../../../test/scheduler/judgement.ts'
import { podResources } from '../resources.ts'

const nodes = [nodeOf('n1', { allocatable: { cpu: '2', memory: '1Gi', pods: '2', 'example.com/gpu': '1' } })]

describe('NodeResourcesFit', () => {
  test.each([
    [{ cpu: '2' }, 'ok'],
    [{ cpu: '2001m' }, 'Insufficient cpu'],
    [{ memory: '1Gi' }, 'ok'],
    [{ memory: '1025Mi' }, 'Insufficient memory'],
    [{ cpu: '3', memory: '2Gi' }, 'Insufficient cpu, Insufficient memory'],
    [{ 'ephemeral-storage': '1' }, 'Insufficient ephemeral-storage'],
    [{ 'example.com/gpu': '1' }, 'ok'],
    [{ 'example.com/gpu': '2' }, 'Insufficient example.com/gpu'],
    [{ 'example.com/fpga': '1' }, 'Insufficient example.com/fpga'],
    [{ 'hugepages-2Mi': '2Mi' }, 'Insufficient hugepages-2Mi'],
  ])('%j: %s', (requests, expected) => {
    expect(refusalsOf('NodeResourcesFit', podOf('p', { requests }), { nodes })).toEqual({ n1: expected })
  })

  test('counts what is on the node already, and the pods themselves', () => {
    const pods = [on('n1', podOf('a', { requests: { cpu: '1500m' } })), on('n1', podOf('b'))]
    const pod = podOf('p', { requests: { cpu: '1' } })
    expect(refusalsOf('NodeResourcesFit', pod, { nodes, pods })).toEqual({ n1: 'Too many pods, Insufficient cpu' })
  })

  test('pods that have ended take up nothing', () => {
    const pods = [on('n1', podOf('a', { requests: { cpu: '2' }, status: { phase: 'Succeeded' } }))]
    expect(refusalsOf('NodeResourcesFit', podOf('p', { requests: { cpu: '2' } }), { nodes, pods })).toEqual({
      n1: 'ok',
    })
  })

  test('a profile may ignore a resource or all of a group', () => {
    const requests = { 'example.com/fpga': '1', 'other.io/x': '1' }
    const args = { ignoredResources: ['other.io/x'], ignoredResourceGroups: ['example.com'] }
    const profile = { pluginConfig: [{ name: 'NodeResourcesFit', args }] }
    expect(refusalsOf('NodeResourcesFit', podOf('p', { requests }), { nodes, profile })).toEqual({ n1: 'ok' })
  })
})

describe('what a pod asks for', () => {
  const container = (cpu: string, restartPolicy?: string): Container => ({
    name: `c${cpu}`,
    resources: { requests: { cpu } },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  })
  const cpuOf = (spec: Parameters<typeof podOf>[1]) => podResources(podOf('p', spec)).milliCpu

  test.each([
    ['containers run side by side', { containers: [container('1'), container('2')] }, 3_000],
    [
      'init containers one after the other',
      { containers: [container('1')], initContainers: [container('2'), container('4')] },
      4_000,
    ],
    [
      'sidecars stay beside containers',
      { containers: [container('1')], initContainers: [container('2', 'Always')] },
      3_000,
    ],
    [
      'and beside the init containers after them',
      { containers: [container('1')], initContainers: [container('2', 'Always'), container('3')] },
      5_000,
    ],
    [
      'but not beside those before them',
      { containers: [container('1')], initContainers: [container('3'), container('2', 'Always')] },
      3_000,
    ],
    ['overhead comes on top', { containers: [container('1')], overhead: { cpu: '250m' } }, 1_250],
    [
      'resources of the pod as a whole rule',
      { containers: [container('1')], resources: { requests: { cpu: '5' } } },
      5_000,
    ],
  ])('%s', (_name, spec, expected) => {
    expect(cpuOf({ spec })).toBe(expected)
  })

  test('a running container that was resized counts with the larger of what it asks for and what it has', () => {
    const status = { containerStatuses: [{ name: 'c1', resources: { requests: { cpu: '3' } } }] } as never
    expect(cpuOf({ spec: { containers: [container('1')] }, status })).toBe(3_000)
  })

  test('containers that ask for nothing count with a little where nodes are compared', () => {
    const { milliCpu, nonZeroMilliCpu, nonZeroMemory } = podResources(podOf('p'))
    expect([milliCpu, nonZeroMilliCpu, nonZeroMemory]).toEqual([0, 100, 200 * 1024 * 1024])
  })
})
