import { describe, expect, test } from 'vitest'
import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { NO_BACK_OFF } from './back-off.ts'
import { planPods } from './plan.ts'
import { tallyOf } from './tally.ts'
import { settle, track } from './tracking.ts'
import { type Verdict, verdictOf } from './verdict.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:00Z')
const FINALIZER = 'batch.kubernetes.io/job-tracking'

function job(spec: Partial<Job['spec']>, status: Job['status'] = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'report', namespace: 'shop', uid: 'job' },
    spec: { backoffLimit: 6, parallelism: 2, template: { spec: { containers: [] } }, ...spec },
    status,
  }
}

const INDEXED = { completionMode: 'Indexed', completions: 4 }

/** `Running`, `Failed:1` with an index, `Running!` on its way out, `Succeeded-` without finalizer. Named by place. */
function pods(...texts: readonly string[]): readonly Pod[] {
  return texts.map((text, place) => {
    const [phase = '', index] = text.replace(/[!-]/, '').split(':')
    const annotations = index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': index }
    const isGoing = text.includes('!')
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `p${place}`,
        uid: `u${place}`,
        annotations,
        creationTimestamp: '2026-01-01T11:00:00Z',
        ...(text.includes('-') ? {} : { finalizers: [FINALIZER] }),
        ...(isGoing ? { deletionTimestamp: '2026-01-01T12:00:00Z' } : {}),
      },
      spec: { containers: [], nodeName: 'n' },
      status: { phase },
    }
  })
}

const notReleased = () => false

function decide(target: Job, texts: readonly string[], backOff = NO_BACK_OFF): string {
  const tally = tallyOf(target, pods(...texts), notReleased)
  const { create, remove, waitMs } = planPods(target, tally, { backOff, nowMs: NOW_MS })
  const parts = [
    ...create.map((index) => `+${index < 0 ? '' : index}`),
    ...remove.map(({ metadata }) => `-${metadata.name}`),
  ]
  return [...parts, ...(waitMs === undefined ? [] : [`wait ${waitMs / 1_000}`])].join(' ')
}

describe('planPods', () => {
  test.each<[string, Job, readonly string[], string]>([
    ['starts as many as may run', job({ completions: 5 }), [], '+ +'],
    ['starts no more than are needed', job({ completions: 5 }, { succeeded: 4 }), [], '+'],
    ['counts what has just succeeded', job({ completions: 2 }), ['Succeeded', 'Running'], ''],
    ['replaces what has failed', job({ completions: 5 }), ['Failed', 'Running'], '+'],
    ['replaces what is on its way out', job({ completions: 5 }), ['Running!', 'Running'], '+'],
    ['or only what has failed', job({ completions: 5, podReplacementPolicy: 'Failed' }), ['Running!', 'Running'], ''],
    ['ends pods beyond the parallelism', job({ completions: 5, parallelism: 1 }), ['Running', 'Pending'], '-p1'],
    ['without completions starts none after a success', job({}), ['Succeeded'], ''],
    ['without completions leaves what still runs', job({}), ['Succeeded', 'Running'], ''],
    ['suspended ends all', job({ completions: 5, suspend: true }), ['Running', 'Running'], '-p0 -p1'],
    ['takes the lowest free indexes', job(INDEXED), ['Running:0'], '+1'],
    ['takes an index again that failed', job(INDEXED, { completedIndexes: '0,2' }), ['Failed:1'], '+1 +3'],
    ['ends all but one of an index', job(INDEXED), ['Running:0', 'Pending:0'], '-p1'],
    ['ends pods without a valid index', job(INDEXED), ['Running', 'Running:9'], '-p0 -p1'],
  ])('%s', (_name, target, texts, expected) => {
    expect(decide(target, texts)).toBe(expected)
  })

  test('waits for the back-off', () => {
    const backOff = { failures: 2, lastFailureMs: NOW_MS - 5_000 }
    expect(decide(job({ completions: 5 }), [], backOff)).toBe('wait 15')
    expect(decide(job(INDEXED), [], backOff)).toBe('wait 15')
  })

  test('with a limit per index holds back only the index that failed', () => {
    const target = job({ ...INDEXED, parallelism: 4, backoffLimitPerIndex: 2 })
    const [failed] = pods('Failed:1')
    const recent = { type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T11:59:57Z' }
    const tally = tallyOf(target, [{ ...failed!, status: { phase: 'Failed', conditions: [recent] } }], notReleased)
    const { create, waitMs } = planPods(target, tally, { backOff: NO_BACK_OFF, nowMs: NOW_MS })
    expect(create).toEqual([0, 2, 3])
    expect(waitMs).toBe(7_000)
  })
})

describe('verdictOf', () => {
  const failing = { rules: [{ action: 'FailJob', onPodConditions: [{ type: 'Bad', status: 'True' }] }] }
  const bad = pods('Failed').map((pod) => ({
    ...pod,
    status: { phase: 'Failed', conditions: [{ type: 'Bad', status: 'True' }] },
  }))

  test.each<[string, Job, readonly Pod[], string | undefined]>([
    ['goes on', job({ completions: 2 }), pods('Running'), undefined],
    ['goes on at the limit', job({ backoffLimit: 1 }), pods('Failed'), undefined],
    ['is over above the limit', job({ backoffLimit: 1 }, { failed: 1 }), pods('Failed'), 'BackoffLimitExceeded'],
    ['counts deleted pods', job({ backoffLimit: 0 }), pods('Running!'), 'BackoffLimitExceeded'],
    [
      'is over when its time is',
      job({ activeDeadlineSeconds: 60 }, { startTime: '2026-01-01T11:59:00Z' }),
      [],
      'DeadlineExceeded',
    ],
    [
      'has no time while suspended',
      job({ activeDeadlineSeconds: 60, suspend: true }, { startTime: '2026-01-01T11:00:00Z' }),
      [],
      undefined,
    ],
    ['is ended by a pod failure policy', job({ podFailurePolicy: failing }), bad, 'PodFailurePolicy'],
    [
      'is ended by failed indexes once the rest is done',
      job({ ...INDEXED, backoffLimitPerIndex: 0 }, { completedIndexes: '0,1,2' }),
      pods('Failed:3'),
      'FailedIndexes',
    ],
    [
      'waits for the rest',
      job({ ...INDEXED, backoffLimitPerIndex: 0 }, { completedIndexes: '0,1' }),
      pods('Failed:3'),
      undefined,
    ],
    [
      'is ended by too many failed indexes',
      job({ ...INDEXED, backoffLimitPerIndex: 0, maxFailedIndexes: 1 }),
      pods('Failed:0', 'Failed:3'),
      'MaxFailedIndexesExceeded',
    ],
    [
      'is met early',
      job({ ...INDEXED, successPolicy: { rules: [{ succeededCount: 1 }] } }),
      pods('Succeeded:2'),
      'SuccessPolicy',
    ],
    [
      'keeps to what was decided',
      job({}, { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'Was' }] }),
      [],
      'Was',
    ],
  ])('%s', (_name, target, given, expected) => {
    expect(verdictOf(target, tallyOf(target, given, notReleased), NOW_MS)?.reason).toBe(expected)
  })

  test('restarts in place count where containers are restarted', () => {
    const template = { spec: { containers: [], restartPolicy: 'OnFailure' } }
    const [pod] = pods('Running')
    const restarted = (restartCount: number): Pod => ({
      ...pod!,
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount }],
      },
    })
    const reason = (limit: number, restarts: number): string | undefined => {
      const target = job({ template, backoffLimit: limit })
      return verdictOf(target, tallyOf(target, [restarted(restarts)], notReleased), NOW_MS)?.reason
    }
    expect(reason(3, 2)).toBeUndefined()
    expect(reason(3, 3)).toBe('BackoffLimitExceeded')
    expect(reason(0, 0)).toBeUndefined()
    expect(reason(0, 1)).toBe('BackoffLimitExceeded')
  })
})

describe('track', () => {
  const failure: Verdict = { outcome: 'failure', reason: 'r', message: 'm' }
  const success: Verdict = { outcome: 'success', reason: 'r', message: 'm' }

  function note(target: Job, texts: readonly string[], verdict?: Verdict): object {
    const tally = tallyOf(target, pods(...texts), notReleased)
    const { counts, release } = track(target, tally, { verdict, isReleased: notReleased })
    return { ...counts, release: release.map(({ metadata }) => metadata.name) }
  }

  test('notes ended pods and lets them go', () => {
    expect(note(job({}, { succeeded: 1 }), ['Succeeded', 'Failed', 'Running', 'Succeeded-'])).toEqual({
      succeeded: 1,
      failed: 0,
      uncountedTerminatedPods: { succeeded: ['u0'], failed: ['u1'] },
      release: ['p0', 'p1'],
    })
  })

  test('counts what it noted before once the finalizer is gone', () => {
    const status = { succeeded: 1, uncountedTerminatedPods: { succeeded: ['u0', 'u1'], failed: ['gone'] } }
    expect(note(job({}, status), ['Succeeded', 'Succeeded-'])).toEqual({
      succeeded: 2,
      failed: 1,
      uncountedTerminatedPods: { succeeded: ['u0'] },
      release: ['p0'],
    })
  })

  test('of a failed Job counts what still runs as failed, of a successful one not', () => {
    expect(note(job({}), ['Running'], failure)).toMatchObject({ uncountedTerminatedPods: { failed: ['u0'] } })
    expect(note(job({}), ['Running'], success)).toMatchObject({ uncountedTerminatedPods: {}, release: ['p0'] })
  })

  test('of an Indexed Job notes indexes instead of pods', () => {
    expect(note(job(INDEXED, { completedIndexes: '0' }), ['Succeeded:2', 'Failed:1', 'Succeeded'])).toEqual({
      succeeded: 2,
      failed: 0,
      completedIndexes: '0,2',
      uncountedTerminatedPods: { failed: ['u1'] },
      release: ['p2', 'p1', 'p0'],
    })
  })

  test('keeps a failed pod until another has taken over its index', () => {
    const target = job({ ...INDEXED, backoffLimitPerIndex: 3 })
    expect(note(target, ['Failed:1'])).toMatchObject({ release: [] })
    expect(note(target, ['Failed:1', 'Running:1'])).toMatchObject({ release: ['p0'] })
  })

  test('stops when the status would grow too large', () => {
    const many = Array.from({ length: 600 }, () => 'Succeeded')
    const target = job({ completions: 600 })
    const { release, isAll } = track(target, tallyOf(target, pods(...many), notReleased), {
      verdict: undefined,
      isReleased: notReleased,
    })
    expect([release.length, isAll]).toEqual([500, false])
  })

  test('a count holds each pod once', () => {
    const counts = { succeeded: 3, failed: 1, uncountedTerminatedPods: { succeeded: ['a', 'b'], failed: ['c'] } }
    expect(settle(counts, new Set(['b']))).toEqual({
      succeeded: 4,
      failed: 2,
      uncountedTerminatedPods: { succeeded: ['b'] },
    })
  })
})
