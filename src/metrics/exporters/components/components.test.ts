import { describe, expect, test } from 'vitest'
import { WorkQueue } from '../../../client/work-queue.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import { type MetricFamily, printFamilies } from '../../instrument/metric-families.ts'
import { QueueMetrics } from './queue-metrics.ts'
import { ClientRequestMetrics } from './request-metrics.ts'
import { SchedulerMetrics } from './scheduler-metrics.ts'

/** `name{labels} value`, without buckets that are empty or say nothing new. */
function lines(families: readonly MetricFamily[]): readonly string[] {
  return printFamilies(families)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_bucket'))
}

test('a queue counts what was added, how long it waited and was worked on, and what is tried again', async () => {
  const clock = new VirtualClock(0)
  const metrics = new QueueMetrics()
  const queue = new WorkQueue(clock, metrics.observerOf('deployment'))
  queue.add('a')
  queue.add('a')
  queue.add('b')
  await clock.advance(2_000)
  expect(await queue.take()).toBe('a')
  await clock.advance(500)
  queue.done('a')
  queue.retry('a')
  expect(lines(metrics.families())).toEqual([
    'workqueue_adds_total{name="deployment"} 2',
    'workqueue_depth{name="deployment"} 1',
    'workqueue_queue_duration_seconds_sum{name="deployment"} 2',
    'workqueue_queue_duration_seconds_count{name="deployment"} 1',
    'workqueue_retries_total{name="deployment"} 1',
    'workqueue_work_duration_seconds_sum{name="deployment"} 0.5',
    'workqueue_work_duration_seconds_count{name="deployment"} 1',
  ])
})

test('requests are counted by code and method, their time by verb', () => {
  const metrics = new ClientRequestMetrics()
  metrics.answered({ method: 'GET', code: 200, tookMs: 10 })
  metrics.answered({ method: 'GET', code: 404, tookMs: 20 })
  metrics.answered({ method: 'POST', code: 201, tookMs: 5 })
  const told = lines(metrics.families())
  expect(told).toContain('rest_client_requests_total{code="404",method="GET"} 1')
  expect(told).toContain('rest_client_request_duration_seconds_count{verb="GET"} 2')
  expect(told).toContain('rest_client_request_duration_seconds_sum{verb="POST"} 0.005')
})

describe('the scheduler', () => {
  test('tells attempts by result, and how long pods waited by how often they were tried', () => {
    const metrics = new SchedulerMetrics()
    metrics.decided(1)
    metrics.attempted({ result: 'unschedulable', profile: 'default-scheduler', tookMs: 1 })
    metrics.attempted({ result: 'scheduled', profile: 'default-scheduler', tookMs: 3 })
    metrics.scheduled({ attempts: 2, tookMs: 4_000 })
    const told = lines(metrics.families({ active: 1, backoff: 0, unschedulable: 2, gated: 0 }))
    expect(told).toContain('scheduler_schedule_attempts_total{profile="default-scheduler",result="unschedulable"} 1')
    expect(told).toContain('scheduler_pod_scheduling_sli_duration_seconds_sum{attempts="2"} 4')
    expect(told).toContain('scheduler_pending_pods{queue="unschedulable"} 2')
    expect(told).toContain('scheduler_scheduling_algorithm_duration_seconds_count 1')
  })
})
