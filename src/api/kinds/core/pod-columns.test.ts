import { describe, expect, test } from 'vitest'
import type { ContainerStatus, Pod, PodSpec, PodStatus } from '../../types.generated.ts'
import { POD_COLUMNS } from './pod-columns.ts'

const NOW_MS = Date.parse('2026-11-23T08:00:00Z')
const TWO_MINUTES_AGO = '2026-11-23T07:58:00Z'

function podOf(status: PodStatus, spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', creationTimestamp: '2026-11-23T07:00:00Z', ...metadata },
    spec: { containers: [{ name: 'a', image: 'a' }], ...spec },
    status,
  }
}

function cell(pod: Pod, name: string): unknown {
  return POD_COLUMNS.find((column) => column.name === name)?.cell(pod, NOW_MS)
}

function statusOf(name: string, changes: Partial<ContainerStatus>): ContainerStatus {
  return { name, image: '', imageID: '', ready: false, restartCount: 0, ...changes }
}

const running = (name = 'a') => statusOf(name, { ready: true, started: true, state: { running: {} } })
const waiting = (reason: string) => statusOf('a', { state: { waiting: { reason } } })
const ended = (exitCode: number, reason?: string) =>
  statusOf('a', { state: { terminated: { exitCode, ...(reason === undefined ? {} : { reason }) } } })

test('the columns are those of kubectl', () => {
  expect(POD_COLUMNS.map(({ name, priority = 0 }) => `${name} ${priority}`)).toEqual([
    'Name 0',
    'Ready 0',
    'Status 0',
    'Restarts 0',
    'Age 0',
    'IP 1',
    'Node 1',
    'Nominated Node 1',
    'Readiness Gates 1',
  ])
})

describe('Status and Ready', () => {
  test.each<[string, Pod, string]>([
    ['its phase', podOf({ phase: 'Pending' }), '0/1 Pending'],
    ['why it failed as a whole', podOf({ phase: 'Failed', reason: 'Evicted' }), '0/1 Evicted'],
    ['all is well', podOf({ phase: 'Running', containerStatuses: [running()] }), '1/1 Running'],
    [
      'a container waits',
      podOf({ phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] }),
      '0/1 CrashLoopBackOff',
    ],
    [
      'a container ended well',
      podOf({ phase: 'Succeeded', containerStatuses: [ended(0, 'Completed')] }),
      '0/1 Completed',
    ],
    ['a container ended badly', podOf({ phase: 'Failed', containerStatuses: [ended(3)] }), '0/1 ExitCode:3'],
    [
      'one container is done and another runs on',
      podOf({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [ended(0, 'Completed'), running('b')],
      }),
      '1/1 Running',
    ],
    [
      'one container is done and another runs on, not ready',
      podOf({ phase: 'Running', containerStatuses: [ended(0, 'Completed'), running('b')] }),
      '1/1 NotReady',
    ],
    [
      'an init container runs',
      podOf(
        { phase: 'Pending', initContainerStatuses: [statusOf('i', { state: { running: {} } })] },
        { initContainers: [{ name: 'i', image: 'i' }] },
      ),
      '0/1 Init:0/1',
    ],
    [
      'an init container fails',
      podOf(
        { phase: 'Pending', initContainerStatuses: [waiting('CrashLoopBackOff')] },
        { initContainers: [{ name: 'a', image: 'i' }] },
      ),
      '0/1 Init:CrashLoopBackOff',
    ],
    [
      'an init container ended badly',
      podOf({ phase: 'Pending', initContainerStatuses: [ended(2)] }, { initContainers: [{ name: 'a', image: 'i' }] }),
      '0/1 Init:ExitCode:2',
    ],
    [
      'a sidecar counts as a container',
      podOf(
        { phase: 'Running', initContainerStatuses: [running('proxy')], containerStatuses: [running()] },
        { initContainers: [{ name: 'proxy', image: 'p', restartPolicy: 'Always' }] },
      ),
      '2/2 Running',
    ],
    [
      'it is being deleted',
      podOf({ phase: 'Running', containerStatuses: [running()] }, {}, { deletionTimestamp: TWO_MINUTES_AGO }),
      '1/1 Terminating',
    ],
    [
      'it is being deleted and has ended',
      podOf({ phase: 'Succeeded' }, {}, { deletionTimestamp: TWO_MINUTES_AGO }),
      '0/1 Succeeded',
    ],
    [
      'its node is lost',
      podOf({ phase: 'Running', reason: 'NodeLost' }, {}, { deletionTimestamp: TWO_MINUTES_AGO }),
      '0/1 Unknown',
    ],
    [
      'gates hold it back',
      podOf({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
      '0/1 SchedulingGated',
    ],
  ])('say %s', (_rule, pod, text) => {
    expect(`${String(cell(pod, 'Ready'))} ${String(cell(pod, 'Status'))}`).toBe(text)
  })
})

describe('Restarts', () => {
  const restarted = (count: number, finishedAt?: string) =>
    statusOf('a', {
      restartCount: count,
      state: { running: {} },
      ...(finishedAt === undefined ? {} : { lastState: { terminated: { exitCode: 1, finishedAt } } }),
    })

  test.each<[PodStatus, string]>([
    [{ containerStatuses: [running()] }, '0'],
    [{ containerStatuses: [restarted(3)] }, '3'],
    [{ containerStatuses: [restarted(1, TWO_MINUTES_AGO), restarted(2)] }, '3 (2m ago)'],
  ])('of %j is %s', (status, text) => {
    expect(cell(podOf(status), 'Restarts')).toBe(text)
  })

  test('of init containers count only until these are done', () => {
    const spec = { initContainers: [{ name: 'a', image: 'i' }] }
    expect(cell(podOf({ initContainerStatuses: [restarted(4)] }, spec), 'Restarts')).toBe('4')
    const done = { ...restarted(4), state: { terminated: { exitCode: 0 } } }
    expect(cell(podOf({ initContainerStatuses: [done], containerStatuses: [running()] }, spec), 'Restarts')).toBe('0')
  })
})

test('what is not known reads <none>', () => {
  const pod = podOf({})
  expect(['IP', 'Node', 'Nominated Node', 'Readiness Gates'].map((name) => cell(pod, name))).toEqual(
    Array.from({ length: 4 }, () => '<none>'),
  )
  const known = podOf(
    { podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'x/ready', status: 'True' }] },
    { nodeName: 'node-1', readinessGates: [{ conditionType: 'x/ready' }, { conditionType: 'y/ready' }] },
  )
  expect(['IP', 'Node', 'Readiness Gates', 'Age'].map((name) => cell(known, name))).toEqual([
    '10.0.0.1',
    'node-1',
    '1/2',
    '60m',
  ])
})
