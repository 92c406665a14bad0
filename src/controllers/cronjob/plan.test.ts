import { describe, expect, test } from 'vitest'
import type { CronJob } from '../../api/kinds/batch/cron-job.ts'
import type { Job } from '../../api/kinds/batch/job.ts'
import type { CronJobStatus } from '../../api/types.generated.ts'
import { jobFor } from './job-template.ts'
import { excessJobs, observeJobs, plan } from './plan.ts'

function cronJob(spec: Partial<CronJob['spec']> = {}, status: CronJobStatus = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: 'shop', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: {} } }, ...spec },
    status,
  }
}

function decide(one: CronJob, now: string): object {
  const { startMs, replace, notes, waitMs } = plan(one, one.status ?? {}, Date.parse(now))
  return {
    start: startMs === undefined ? undefined : new Date(startMs).toISOString().slice(0, 16),
    replaced: replace.length,
    reasons: notes.map(({ reason }) => reason),
    // Where something is started the wait is that until the next time, which other cases show.
    waitS: waitMs === undefined || startMs !== undefined ? undefined : waitMs / 1_000,
  }
}

const NOTHING = { start: undefined, replaced: 0, reasons: [], waitS: undefined }
const running = [{ name: 'nightly-1', uid: 'j1' }]

describe('plan', () => {
  test.each<[string, CronJob, string, object]>([
    ['waits for the first time', cronJob(), '2026-01-01T00:20:00Z', { ...NOTHING, waitS: 2_400.1 }],
    ['starts what is due', cronJob(), '2026-01-01T01:00:00Z', { ...NOTHING, start: '2026-01-01T01:00' }],
    [
      'starts only the last of several missed',
      cronJob(),
      '2026-01-01T05:10:00Z',
      { ...NOTHING, start: '2026-01-01T05:00' },
    ],
    [
      'warns of more than a hundred missed',
      cronJob(),
      '2026-01-06T05:10:00Z',
      { ...NOTHING, start: '2026-01-06T05:00', reasons: ['TooManyMissedTimes'] },
    ],
    [
      'with a deadline looks no further back than that',
      cronJob({ startingDeadlineSeconds: 1_800 }),
      '2026-01-06T05:10:00Z',
      { ...NOTHING, start: '2026-01-06T05:00' },
    ],
    [
      'does not start what is older than the deadline',
      cronJob({ startingDeadlineSeconds: 300 }),
      '2026-01-06T05:10:00Z',
      { ...NOTHING, waitS: 3_000.1 },
    ],
    [
      'starts nothing twice',
      cronJob({}, { lastScheduleTime: '2026-01-01T01:00:00Z' }),
      '2026-01-01T01:00:10Z',
      { ...NOTHING, waitS: 3_590.1 },
    ],
    ['rests while suspended', cronJob({ suspend: true }), '2026-01-01T05:00:00Z', NOTHING],
    [
      'with Allow runs beside what still runs',
      cronJob({ concurrencyPolicy: 'Allow' }, { active: running }),
      '2026-01-01T01:00:00Z',
      { ...NOTHING, start: '2026-01-01T01:00' },
    ],
    [
      'with Forbid waits for what still runs',
      cronJob({ concurrencyPolicy: 'Forbid' }, { active: running }),
      '2026-01-01T01:00:00Z',
      { ...NOTHING, reasons: ['JobAlreadyActive'], waitS: 3_600.1 },
    ],
    [
      'with Replace ends what still runs',
      cronJob({ concurrencyPolicy: 'Replace' }, { active: running }),
      '2026-01-01T01:00:00Z',
      { ...NOTHING, start: '2026-01-01T01:00', replaced: 1 },
    ],
    [
      'keeps in step with @every',
      cronJob({ schedule: '@every 7m' }, { lastScheduleTime: '2026-01-01T00:07:00Z' }),
      '2026-01-01T00:30:00Z',
      { ...NOTHING, start: '2026-01-01T00:28' },
    ],
    [
      'complains of a schedule that it cannot read',
      cronJob({ schedule: 'now' }),
      '2026-01-01T01:00:00Z',
      { ...NOTHING, reasons: ['UnparseableSchedule'] },
    ],
    [
      'complains of an unknown time zone',
      cronJob({ timeZone: 'Mars/Olympus' }),
      '2026-01-01T01:00:00Z',
      { ...NOTHING, reasons: ['UnknownTimeZone'] },
    ],
    [
      'reads the schedule in its time zone',
      cronJob({ schedule: '30 9 * * *', timeZone: 'Asia/Kolkata' }),
      '2026-01-01T04:00:00Z',
      { ...NOTHING, start: '2026-01-01T04:00' },
    ],
  ])('%s', (_name, one, now, expected) => {
    expect(decide(one, now)).toEqual(expected)
  })
})

describe('the Job for a time', () => {
  test('is named for the minute and tells the time in its zone', () => {
    const { metadata } = jobFor(cronJob({ timeZone: 'Asia/Kolkata' }), Date.parse('2026-01-01T04:00:00Z'))
    expect(metadata.name).toBe('nightly-29454000')
    expect(metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T09:30:00+05:30',
    })
  })
})

function job(name: string, end?: 'Complete' | 'Failed', startTime = '2026-01-01T00:00:00Z'): Job {
  const conditions = end === undefined ? [] : [{ type: end, status: 'True' }]
  const completionTime = end === 'Complete' ? { completionTime: startTime } : {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, uid: name },
    spec: { template: {} },
    status: { conditions, startTime, ...completionTime },
  }
}

describe('observeJobs', () => {
  test('takes ended Jobs off the active ones and remembers the last success', () => {
    const active = ['a', 'b', 'c'].map((uid) => ({ name: uid, uid }))
    const jobs = [job('a', 'Complete', '2026-01-01T01:00:00Z'), job('b', 'Failed'), job('stranger')]
    const { status, notes } = observeJobs(cronJob({}, { active }), jobs, [{ name: 'c', uid: 'c' }])
    expect(status).toEqual({ lastSuccessfulTime: '2026-01-01T01:00:00Z' })
    expect(notes.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'SawCompletedJob: Saw completed job: a, condition: Complete',
      'SawCompletedJob: Saw completed job: b, condition: Failed',
      'UnexpectedJob: Saw a job that the controller did not create or forgot: stranger',
      'MissingJob: Active job went missing: c',
    ])
  })
})

describe('excessJobs', () => {
  test('are the oldest of each outcome beyond its limit', () => {
    const jobs = [
      job('s3', 'Complete', '2026-01-03T00:00:00Z'),
      job('s1', 'Complete', '2026-01-01T00:00:00Z'),
      job('s2', 'Complete', '2026-01-02T00:00:00Z'),
      job('f1', 'Failed', '2026-01-01T00:00:00Z'),
      job('running'),
    ]
    const limits = { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 }
    expect(excessJobs(cronJob(limits), jobs).map(({ metadata }) => metadata.name)).toEqual(['s1', 's2', 'f1'])
    expect(excessJobs(cronJob(), jobs)).toEqual([])
  })
})
