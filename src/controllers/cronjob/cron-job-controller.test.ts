import { describe, expect, test } from 'vitest'
import { type WorkloadCluster, workloadCluster } from '../../../test/support/workload-cluster.ts'
import { CronJob } from '../../api/kinds/batch/cron-job.ts'
import { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'

const KEY = { namespace: 'shop', name: 'nightly' }

function cronJob(spec: Partial<CronJob['spec']> = {}): CronJob {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'n', image: 'n:1' }] } }
  const job = { completions: 1, parallelism: 1 }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: KEY,
    spec: {
      schedule: '*/5 * * * *',
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { spec: { ...job, template } },
      ...spec,
    },
  }
}

function current({ informers }: WorkloadCluster): CronJob {
  return informers.of(CronJob).get(KEY)!
}

function jobNames({ informers }: WorkloadCluster): readonly string[] {
  return [...informers.of(Job).values()].map(({ metadata }) => metadata.name)
}

const exit = (seconds: number) => (_pod: Pod) => ({ afterMs: seconds * 1_000, code: 0 })

describe('a CronJob', () => {
  test('starts a Job at each time and keeps the last of them', async () => {
    await using cluster = await workloadCluster({ exit: exit(10) })
    const { client, clock } = cluster
    const startMs = clock.now()
    await client.create(cronJob())
    await clock.runUntil(startMs + 5 * 60_000 + 500)
    const [name] = jobNames(cluster)
    expect(name).toBe(`nightly-${startMs / 60_000 + 5}`)
    expect(current(cluster).status?.active).toMatchObject([{ kind: 'Job', name, apiVersion: 'batch/v1' }])
    expect(current(cluster).status?.lastScheduleTime).toBe('2026-01-01T00:05:00Z')
    await clock.runUntil(startMs + 31 * 60_000)
    expect(jobNames(cluster)).toEqual([20, 25, 30].map((minute) => `nightly-${startMs / 60_000 + minute}`))
    expect(current(cluster).status).toEqual({
      lastScheduleTime: '2026-01-01T00:30:00Z',
      lastSuccessfulTime: '2026-01-01T00:30:11Z',
    })
    const events = cluster.eventsOf('nightly')
    expect(events.slice(0, 2)).toEqual([
      `SuccessfulCreate: Created job ${name}`,
      `SawCompletedJob: Saw completed job: ${name}, condition: Complete`,
    ])
    expect(events.filter((text) => text.startsWith('SuccessfulDelete'))).toHaveLength(3)
    expect(cluster.errors).toEqual([])
  })

  test('with Forbid leaves out times while a Job runs', async () => {
    await using cluster = await workloadCluster({ exit: exit(12 * 60) })
    await cluster.client.create(cronJob({ concurrencyPolicy: 'Forbid' }))
    await cluster.clock.advance(16 * 60_000)
    expect(jobNames(cluster)).toHaveLength(1)
    expect(cluster.eventsOf('nightly')).toContain(
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    )
  })

  test('with Replace ends the running Job for the next', async () => {
    await using cluster = await workloadCluster({ exit: exit(12 * 60) })
    await cluster.client.create(cronJob({ concurrencyPolicy: 'Replace' }))
    await cluster.clock.advance(11 * 60_000)
    const minute = 1_767_225_600 / 60
    expect(jobNames(cluster)).toEqual([`nightly-${minute + 10}`])
    expect(current(cluster).status?.active).toHaveLength(1)
  })

  test('with Allow lets Jobs run beside each other', async () => {
    await using cluster = await workloadCluster({ exit: exit(12 * 60) })
    await cluster.client.create(cronJob())
    await cluster.clock.advance(11 * 60_000)
    expect(current(cluster).status?.active).toHaveLength(2)
  })

  test('starts nothing while suspended, and the last missed time when it goes on', async () => {
    await using cluster = await workloadCluster({ exit: exit(1) })
    const { client, clock } = cluster
    await client.create(cronJob({ suspend: true }))
    await clock.advance(22 * 60_000)
    expect(jobNames(cluster)).toEqual([])
    await client.mergePatch(CronJob, KEY, { spec: { suspend: false } })
    await cluster.until(() => jobNames(cluster).length === 1)
    expect(current(cluster).status?.lastScheduleTime).toBe('2026-01-01T00:20:00Z')
  })
})
