import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ServedCluster } from './served-cluster.ts'

const PROMTOOL = '/usr/bin/promtool'

let cluster: ServedCluster

beforeAll(async () => {
  cluster = await ServedCluster.start({ nodes: 2 })
  await cluster.sh(
    'kubectl create deployment web --image shop/web --replicas 4 && kubectl rollout status deployment/web',
  )
  await cluster.sh(
    'kubectl run nowhere --image shop/web --overrides \'{"spec":{"nodeSelector":{"no":"node"}}}\'; kubectl wait pod/nowhere --for=condition=PodScheduled=false',
  )
})

afterAll(() => cluster[Symbol.asyncDispose]())

/** Where a part of the control plane is asked, through the API server. */
const PATHS = {
  apiserver: '/metrics',
  scheduler: '/api/v1/nodes/https:node-1:10259/proxy/metrics',
  'controller-manager': '/api/v1/nodes/https:node-1:10257/proxy/metrics',
} as const

async function metricsOf(part: keyof typeof PATHS): Promise<string> {
  const { code, output } = await cluster.sh(`kubectl get --raw ${PATHS[part]}`)
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' })
  return output
}

describe('metrics of the control plane', () => {
  test('the scheduler tells what became of its attempts', async () => {
    const told = await metricsOf('scheduler')
    expect(told).toMatch(/^scheduler_schedule_attempts_total\{profile="default-scheduler",result="scheduled"\} [4-9]/m)
    expect(told).toMatch(/^scheduler_pending_pods\{queue="unschedulable"\} 1$/m)
    expect(told).toMatch(/^scheduler_pod_scheduling_sli_duration_seconds_bucket\{attempts="1",le="0.01"\} \d/m)
    expect(told).toMatch(/^rest_client_requests_total\{code="201",method="POST"\} \d/m)
    expect(told).toMatch(/^process_resident_memory_bytes \d/m)
  })

  test('the controller manager tells of its queues and requests', async () => {
    const told = await metricsOf('controller-manager')
    expect(told).toMatch(/^workqueue_adds_total\{name="deployment"\} \d/m)
    expect(told).toMatch(/^workqueue_depth\{name="replicaset"\} 0$/m)
    expect(told).toMatch(/^workqueue_queue_duration_seconds_bucket\{name="replicaset",le="\+Inf"\} [1-9]/m)
    expect(told).toMatch(/^rest_client_request_duration_seconds_bucket\{verb="POST",le="\+Inf"\} [1-9]/m)
    expect(told).not.toMatch(/^scheduler_/m)
  })

  test('the API server tells its own, and those of the parts that it shares a process with', async () => {
    const told = await metricsOf('apiserver')
    expect(told).toMatch(/^apiserver_request_sli_duration_seconds_bucket\{.*resource="deployments".*,le="0.005"\} \d/m)
    expect(told).toMatch(/^scheduler_schedule_attempts_total\{/m)
    expect(told).toMatch(/^workqueue_adds_total\{name="job"\} \d/m)
  })

  test.skipIf(!existsSync(PROMTOOL))('promtool finds nothing wrong with their form', async () => {
    for (const part of Object.keys(PATHS) as (keyof typeof PATHS)[]) {
      const checked = await cluster.sh(`kubectl get --raw ${PATHS[part]} | ${PROMTOOL} check metrics`)
      // Its advice about names is about Kubernetes' own.
      expect(checked.output).not.toMatch(/error|parsing/)
    }
  })
})
