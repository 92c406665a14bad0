import { describe, expect, test } from 'vitest'
import {
  type WorkloadCluster,
  workloadCluster,
  type WorkloadClusterOptions,
} from '../../../test/support/workload-cluster.ts'
import { Job } from '../../api/kinds/batch/job.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { JobCondition } from '../../api/types.generated.ts'

const KEY = { namespace: 'shop', name: 'report' }

function job(spec: Partial<Job['spec']> = {}, restartPolicy = 'Never'): Job {
  const labels = { 'batch.kubernetes.io/job-name': 'report' }
  const template = {
    metadata: { labels },
    spec: { restartPolicy, containers: [{ name: 'report', image: 'report:1' }] },
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: KEY,
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      manualSelector: true,
      selector: { matchLabels: labels },
      template: template as never,
      ...spec,
    },
  }
}

const succeeds: WorkloadClusterOptions = { exit: () => ({ afterMs: 5_000, code: 0 }) }
const fails: WorkloadClusterOptions = { exit: () => ({ afterMs: 0, code: 3 }) }

function current({ informers }: WorkloadCluster): Job {
  return informers.of(Job).get(KEY)!
}

function conditions(cluster: WorkloadCluster): readonly string[] {
  const print = ({ type, status, reason, message }: JobCondition) => `${type} ${status} ${reason}: ${message}`
  return (current(cluster).status?.conditions ?? []).map(print)
}

function isFinished(cluster: WorkloadCluster): boolean {
  return conditions(cluster).some((text) => /^(Complete|Failed) True/.test(text))
}

/** How many pods were ever made. */
function countPods({ informers }: WorkloadCluster): () => number {
  let count = 0
  informers.of(Pod).handle({ added: () => count++ })
  return () => count
}

describe('a Job', () => {
  test('runs its pods to completion, parallelism at a time', async () => {
    await using cluster = await workloadCluster(succeeds)
    let most = 0
    const running = () => cluster.pods().filter(({ status }) => status?.phase === 'Running').length
    cluster.informers.of(Pod).handle({ updated: () => (most = Math.max(most, running())) })
    await cluster.client.create(job({ completions: 5, parallelism: 2 }))
    await cluster.until(() => isFinished(cluster))
    expect(most).toBe(2)
    const { status } = current(cluster)
    expect(status).toMatchObject({ succeeded: 5, ready: 0, terminating: 0, uncountedTerminatedPods: {} })
    expect(status?.active).toBeUndefined()
    expect(status?.completionTime).toBeDefined()
    expect(conditions(cluster)).toEqual([
      'SuccessCriteriaMet True CompletionsReached: Reached expected number of succeeded pods',
      'Complete True CompletionsReached: Reached expected number of succeeded pods',
    ])
    expect(cluster.pods().every(({ metadata }) => metadata.finalizers === undefined)).toBe(true)
    const events = cluster.eventsOf('report')
    expect(events).toHaveLength(6)
    expect(events.at(-1)).toBe('Completed: Job completed')
    expect(cluster.errors).toEqual([])
  })

  test('without completions is done once one pod succeeds and the others end', async () => {
    await using cluster = await workloadCluster(succeeds)
    const { completions: _none, ...spec } = job({ parallelism: 3 }).spec
    await cluster.client.create({ ...job(), spec })
    await cluster.until(() => isFinished(cluster))
    expect(current(cluster).status?.succeeded).toBe(3)
  })

  test('waits 10 s, 20 s, 40 s between failures, then gives up', async () => {
    await using cluster = await workloadCluster({ ...fails, readyAfterMs: () => 0 })
    const { client, clock } = cluster
    const times: number[] = []
    const startMs = clock.now()
    cluster.informers.of(Pod).handle({ added: () => times.push((clock.now() - startMs) / 1_000) })
    await client.create(job({ backoffLimit: 3 }))
    await cluster.until(() => isFinished(cluster))
    expect(times).toEqual([0, 10, 30, 70])
    expect(current(cluster).status).toMatchObject({ failed: 4 })
    expect(conditions(cluster)).toEqual([
      'FailureTarget True BackoffLimitExceeded: Job has reached the specified backoff limit',
      'Failed True BackoffLimitExceeded: Job has reached the specified backoff limit',
    ])
    expect(cluster.eventsOf('report')).toContain('BackoffLimitExceeded: Job has reached the specified backoff limit')
  })

  test('is ended by its deadline, pods and all', async () => {
    await using cluster = await workloadCluster()
    const startMs = cluster.clock.now()
    await cluster.client.create(job({ parallelism: 2, completions: 2, activeDeadlineSeconds: 30 }))
    await cluster.until(() => isFinished(cluster))
    expect(cluster.clock.now() - startMs).toBeLessThan(32_000)
    expect(conditions(cluster)[1]).toBe('Failed True DeadlineExceeded: Job was active longer than specified deadline')
    expect(current(cluster).status).toMatchObject({ failed: 2, terminating: 0 })
    await cluster.until(() => cluster.pods().length === 0)
  })

  test('suspended has no pods, and starts its clock anew when resumed', async () => {
    await using cluster = await workloadCluster(succeeds)
    const { client, clock } = cluster
    await client.create(job({ suspend: true }))
    await cluster.until(() => conditions(cluster).length === 1)
    expect(conditions(cluster)).toEqual(['Suspended True JobSuspended: Job suspended'])
    expect(current(cluster).status?.startTime).toBeUndefined()
    await client.mergePatch(Job, KEY, { spec: { suspend: false } })
    await cluster.until(() => current(cluster).status?.ready === 1)
    await client.mergePatch(Job, KEY, { spec: { suspend: true } })
    await cluster.until(() => cluster.pods().length === 0)
    expect(current(cluster).status?.failed).toBeUndefined()
    await clock.advance(60_000)
    await client.mergePatch(Job, KEY, { spec: { suspend: false } })
    await cluster.until(() => isFinished(cluster))
    expect(conditions(cluster)[0]).toBe('Suspended False JobResumed: Job resumed')
    const events = cluster.eventsOf('report')
    expect(events).toContain('Suspended: Job suspended')
    expect(events).toContain('Resumed: Job resumed')
  })

  test('lets another controller look after it when told so', async () => {
    await using cluster = await workloadCluster()
    await cluster.client.create(job({ managedBy: 'example.com/queue' }))
    await cluster.clock.advance(60_000)
    expect(cluster.pods()).toEqual([])
    expect(current(cluster).status?.startTime).toBeUndefined()
  })

  test('lets go of its pods when it is deleted', async () => {
    await using cluster = await workloadCluster()
    const { client } = cluster
    await client.create(job())
    await cluster.until(() => current(cluster).status?.ready === 1)
    await client.delete(Job as never, KEY)
    await cluster.until(() => cluster.pods().every(({ metadata }) => metadata.finalizers === undefined))
  })

  test('goes ttlSecondsAfterFinished after its end', async () => {
    await using cluster = await workloadCluster(succeeds)
    await cluster.client.create(job({ ttlSecondsAfterFinished: 60 }))
    await cluster.until(() => isFinished(cluster))
    const endMs = cluster.clock.now()
    const jobs = cluster.informers.of(Job)
    await cluster.until(() => jobs.get(KEY)?.metadata.deletionTimestamp !== undefined)
    expect(cluster.clock.now() - endMs).toBe(60_000)
    expect(jobs.get(KEY)?.metadata.finalizers).toEqual(['foregroundDeletion'])
  })
})

describe('an Indexed Job', () => {
  const indexed = { completionMode: 'Indexed', completions: 4, parallelism: 2 }

  test('gives each pod its index', async () => {
    await using cluster = await workloadCluster(succeeds)
    await cluster.client.create(job(indexed))
    await cluster.until(() => isFinished(cluster))
    expect(current(cluster).status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' })
    const pods = cluster.pods().toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    const [first] = pods
    expect(pods.map(({ spec }) => spec.hostname)).toEqual(['report-0', 'report-1', 'report-2', 'report-3'])
    expect(first?.metadata.generateName).toBe('report-0-')
    expect(first?.metadata.annotations).toEqual({ 'batch.kubernetes.io/job-completion-index': '0' })
    expect(first?.metadata.labels?.['batch.kubernetes.io/job-completion-index']).toBe('0')
    expect(first?.spec.containers[0]?.env).toEqual([
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: {
          fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
        },
      },
    ])
  })

  test('with a limit per index goes on with the other indexes, then fails', async () => {
    const exit = (pod: Pod) => ({ afterMs: 0, code: pod.spec.hostname === 'report-1' ? 1 : 0 })
    await using cluster = await workloadCluster({ exit, readyAfterMs: () => 0 })
    const count = countPods(cluster)
    await cluster.client.create(job({ ...indexed, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 }))
    await cluster.until(() => isFinished(cluster))
    expect(current(cluster).status).toMatchObject({
      succeeded: 3,
      failed: 2,
      completedIndexes: '0,2,3',
      failedIndexes: '1',
    })
    expect(conditions(cluster)[1]).toBe('Failed True FailedIndexes: Job has failed indexes')
    expect(count()).toBe(5)
    const counts = cluster
      .pods()
      .filter(({ spec }) => spec.hostname === 'report-1')
      .map(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'])
    expect(counts.toSorted((a, b) => Number(a) - Number(b))).toEqual(['0', '1'])
  })

  test('stops when too many indexes have failed', async () => {
    await using cluster = await workloadCluster({ ...fails, readyAfterMs: () => 0 })
    const spec = { backoffLimitPerIndex: 0, maxFailedIndexes: 1, backoffLimit: 2 ** 31 - 1 }
    await cluster.client.create(job({ ...indexed, ...spec }))
    await cluster.until(() => isFinished(cluster))
    expect(conditions(cluster)[1]).toBe(
      'Failed True MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
    )
  })

  test('succeeds early by its success policy', async () => {
    const exit = (pod: Pod) => (pod.spec.hostname === 'report-0' ? { afterMs: 0, code: 0 } : undefined)
    await using cluster = await workloadCluster({ exit })
    const successPolicy = { rules: [{ succeededIndexes: '0' }] }
    await cluster.client.create(job({ ...indexed, parallelism: 4, successPolicy }))
    await cluster.until(() => isFinished(cluster))
    expect(conditions(cluster)).toEqual([
      'SuccessCriteriaMet True SuccessPolicy: Matched rules at index 0',
      'Complete True SuccessPolicy: Matched rules at index 0',
    ])
    expect(current(cluster).status).toMatchObject({ succeeded: 1, completedIndexes: '0', terminating: 0 })
  })
})

describe('a pod failure policy', () => {
  const rule = (action: string) => ({
    podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [3] } }] },
    podReplacementPolicy: 'Failed',
  })

  test('fails the Job at once', async () => {
    await using cluster = await workloadCluster(fails)
    const count = countPods(cluster)
    await cluster.client.create(job(rule('FailJob')))
    await cluster.until(() => isFinished(cluster))
    expect(count()).toBe(1)
    expect(conditions(cluster)[1]).toMatch(
      /^Failed True PodFailurePolicy: Container report for pod shop\/report-\w+ failed with exit code 3 matching FailJob rule at index 0$/,
    )
  })

  test('ignores failures', async () => {
    let failures = 0
    const exit = () => ({ afterMs: 0, code: failures++ < 9 ? 3 : 0 })
    await using cluster = await workloadCluster({ exit, readyAfterMs: () => 0 })
    await cluster.client.create(job({ ...rule('Ignore'), backoffLimit: 0 }))
    await cluster.until(() => isFinished(cluster), 7_200_000)
    expect(conditions(cluster)[1]).toMatch(/^Complete/)
    expect(current(cluster).status?.failed).toBeUndefined()
  })
})
