import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { CronJobSpec, JobSpec } from '../../types.generated.ts'
import { CronJob } from './cron-job.ts'

const JOB: JobSpec = {
  template: { spec: { containers: [{ name: 'settle', image: 'settlement' }], restartPolicy: 'OnFailure' } },
}

function cronJob(spec: Partial<CronJobSpec> = {}, name = 'settlement'): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: 'payments' },
    spec: { schedule: '0 2 * * *', jobTemplate: { spec: JOB }, ...spec },
  }
}

test('what is left out of a new CronJob', () => {
  const { spec } = created(CronJob, cronJob())
  expect(spec).toMatchObject({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  })
  expect(spec.jobTemplate.spec?.template.spec?.dnsPolicy).toBe('ClusterFirst')
  // The Job's own defaults are filled in when there is a Job.
  expect(spec.jobTemplate.spec?.parallelism).toBeUndefined()
})

describe('a new CronJob', () => {
  test.each<[Partial<CronJobSpec>, readonly string[]]>([
    [{}, []],
    [{ schedule: '@every 1h30m' }, []],
    [{ timeZone: 'Asia/Kolkata' }, []],
    [{ schedule: '' }, ['spec.schedule: Required value']],
    [
      { schedule: '0 2 * *' },
      ['spec.schedule: Invalid value: "0 2 * *": expected exactly 5 fields, found 4: [0 2 * *]'],
    ],
    [
      { schedule: '61 * * * *' },
      ['spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61'],
    ],
    [
      { schedule: 'TZ=Asia/Kolkata 0 2 * * *' },
      [
        'spec.schedule: Invalid value: "TZ=Asia/Kolkata 0 2 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [{ timeZone: '' }, ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
    [{ timeZone: 'Asia/Bombay' }, ['spec.timeZone: Invalid value: "Asia/Bombay": unknown time zone Asia/Bombay']],
    [{ timeZone: '+05:30' }, ['spec.timeZone: Invalid value: "+05:30": unknown time zone +05:30']],
    [
      { timeZone: 'Local' },
      [
        'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ],
    ],
    [
      { concurrencyPolicy: 'Queue' },
      ['spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      { jobTemplate: { spec: { ...JOB, selector: { matchLabels: { a: 'b' } }, manualSelector: true } } },
      [
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    ],
    [
      { startingDeadlineSeconds: -1, failedJobsHistoryLimit: -2 },
      [
        'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.failedJobsHistoryLimit: Invalid value: -2: must be greater than or equal to 0',
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(CronJob, cronJob(spec))).toEqual(expected)
  })

  test('has a name that leaves room for the time', () => {
    const name = 'n'.repeat(53)
    expect(refusals(CronJob, cronJob({}, name))).toEqual([
      `metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
    ])
  })
})

test('a schedule that had a time zone in it may keep it, with a warning', () => {
  const schedule = 'CRON_TZ=UTC 0 2 * * *'
  const old = cronJob({ schedule })
  expect(updateRefusals(CronJob, cronJob({ schedule, suspend: true }), old)).toEqual([])
  expect(updateRefusals(CronJob, cronJob({ schedule, timeZone: 'UTC' }), old)).toEqual([
    `spec.schedule: Invalid value: "${schedule}": cannot use both timeZone field and TZ or CRON_TZ in schedule`,
  ])
  expect([...(CronJob.warnings?.(old, old) ?? [])]).toHaveLength(1)
})

test('kubectl get -o wide', () => {
  const status = { active: [{ name: 'a' }], lastScheduleTime: '2026-01-01T00:00:00Z' }
  expect(row(CronJob, { ...created(CronJob, cronJob()), status }, Date.parse('2026-01-01T00:00:50Z'))).toEqual({
    Name: 'settlement',
    Schedule: '0 2 * * *',
    Timezone: '<none>',
    Suspend: 'False',
    Active: 1,
    'Last Schedule': '50s',
    Age: '<unknown>',
    Containers: 'settle',
    Images: 'settlement',
    Selector: '<none>',
  })
})
