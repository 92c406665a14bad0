import { describe, expect, test } from 'vitest'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { PodFailurePolicyRule, SuccessPolicyRule } from '../../api/types.generated.ts'
import { finishedAtMs, nextBackOff, NO_BACK_OFF, remainingForIndexMs, remainingMs } from './back-off.ts'
import { judgeFailure } from './failure-policy.ts'
import { parseIntervals } from './intervals.ts'
import { judgeSuccess } from './success-policy.ts'

function failedPod(exitCode: number, conditions: readonly string[] = [], finishedAt?: string): Pod {
  const end = finishedAt === undefined ? {} : { finishedAt }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'report-x', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { containers: [] },
    status: {
      phase: 'Failed',
      conditions: conditions.map((type) => ({ type, status: 'True' })),
      containerStatuses: [
        {
          name: 'main',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { terminated: { exitCode, ...end } },
        },
      ],
    },
  }
}

function onExit(
  action: string,
  operator: string,
  values: readonly number[],
  containerName?: string,
): PodFailurePolicyRule {
  return { action, onExitCodes: { operator, values, ...(containerName === undefined ? {} : { containerName }) } }
}

describe('a pod failure policy', () => {
  const disrupted: PodFailurePolicyRule = {
    action: 'Ignore',
    onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
  }

  test.each<[string, readonly PodFailurePolicyRule[], Pod, object]>([
    ['without rules counts', [], failedPod(1), { counts: true }],
    ['ignores by exit code', [onExit('Ignore', 'In', [1])], failedPod(1), { counts: false, action: 'Ignore' }],
    ['does not match another code', [onExit('Ignore', 'In', [1])], failedPod(2), { counts: true }],
    [
      'matches all codes but some',
      [onExit('FailIndex', 'NotIn', [1])],
      failedPod(2),
      { counts: true, action: 'FailIndex' },
    ],
    ['matches no success', [onExit('Ignore', 'NotIn', [1])], failedPod(0), { counts: true }],
    ['looks at one container', [onExit('Ignore', 'In', [1], 'other')], failedPod(1), { counts: true }],
    [
      'goes by the first rule that matches',
      [onExit('Count', 'In', [1]), onExit('Ignore', 'In', [1])],
      failedPod(1),
      {
        counts: true,
        action: 'Count',
      },
    ],
    ['ignores by condition', [disrupted], failedPod(1, ['DisruptionTarget']), { counts: false, action: 'Ignore' }],
    [
      'fails the Job',
      [disrupted, onExit('FailJob', 'In', [42])],
      failedPod(42),
      {
        counts: true,
        action: 'FailJob',
        failJob: 'Container main for pod shop/report-x failed with exit code 42 matching FailJob rule at index 1',
      },
    ],
    [
      'fails the Job by condition',
      [{ ...disrupted, action: 'FailJob' }],
      failedPod(1, ['DisruptionTarget']),
      {
        counts: true,
        action: 'FailJob',
        failJob: 'Pod shop/report-x has condition DisruptionTarget matching FailJob rule at index 0',
      },
    ],
  ])('%s', (_name, rules, pod, expected) => {
    expect(judgeFailure({ rules }, pod)).toEqual(expected)
  })
})

describe('a success policy', () => {
  test.each<[string, readonly SuccessPolicyRule[], string, string | undefined]>([
    ['is met by all its indexes', [{ succeededIndexes: '0,2' }], '0-2', 'Matched rules at index 0'],
    ['is not met by some of them', [{ succeededIndexes: '0,2' }], '0,1', undefined],
    ['is met by enough of them', [{ succeededIndexes: '0-4', succeededCount: 2 }], '1,3', 'Matched rules at index 0'],
    ['is met by enough of any', [{ succeededCount: 3 }], '1,3,5', 'Matched rules at index 0'],
    ['goes by any of its rules', [{ succeededCount: 9 }, { succeededIndexes: '5' }], '5', 'Matched rules at index 1'],
    ['is not met by nothing', [{ succeededCount: 0 }], '', undefined],
  ])('%s', (_name, rules, succeeded, expected) => {
    expect(judgeSuccess({ rules }, { succeeded: parseIntervals(succeeded, 10), completions: 10 })).toBe(expected)
  })
})

describe('the back-off', () => {
  const at = (time: string) => Date.parse(`2026-01-01T${time}Z`)
  const ended = (time: string) => failedPod(1, [], `2026-01-01T${time}Z`)

  test.each([
    [0, 0],
    [1, 10],
    [2, 20],
    [3, 40],
    [6, 320],
    [7, 600],
    [70, 600],
  ])('after %i failures is %i s', (failures, seconds) => {
    expect(remainingMs({ failures, lastFailureMs: 0 }, 0)).toBe(seconds * 1_000)
  })

  test('counts from the last failure, and failures after the last success', () => {
    const two = nextBackOff(NO_BACK_OFF, [], [ended('00:02:00'), ended('00:01:00')])
    expect(two).toEqual({ failures: 2, lastFailureMs: at('00:02:00') })
    expect(remainingMs(two, at('00:02:15'))).toBe(5_000)
    expect(nextBackOff(two, [], [])).toBe(two)
    expect(nextBackOff(two, [ended('00:03:00')], [])).toBe(NO_BACK_OFF)
    expect(nextBackOff(two, [ended('00:03:00')], [ended('00:02:30'), ended('00:04:00')])).toEqual({
      failures: 1,
      lastFailureMs: at('00:04:00'),
    })
  })

  test('of an index goes by what its last pod remembers', () => {
    const pod = ended('00:01:00')
    const annotations = { 'batch.kubernetes.io/job-index-failure-count': '2' }
    const third = { ...pod, metadata: { ...pod.metadata, annotations } }
    expect(remainingForIndexMs(undefined, 0)).toBe(0)
    expect(remainingForIndexMs(third, at('00:01:00'))).toBe(40_000)
  })

  test('knows when a pod ended by the best sign there is', () => {
    const running: Pod = { ...failedPod(1), status: { phase: 'Running' } }
    const going = { deletionTimestamp: '2026-01-01T00:10:30Z', deletionGracePeriodSeconds: 30 }
    const unready = { type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:05:00Z' }
    expect(finishedAtMs(ended('00:07:00'))).toBe(at('00:07:00'))
    expect(finishedAtMs({ ...running, status: { conditions: [unready] } })).toBe(at('00:05:00'))
    expect(finishedAtMs({ ...running, metadata: { ...running.metadata, ...going } })).toBe(at('00:10:00'))
    expect(finishedAtMs(running)).toBe(at('00:00:00'))
  })
})
