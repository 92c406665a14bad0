import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinObjects } from '../../../../test/support/builtin-objects.ts'
import { created, refusals } from '../../../../test/support/problems.ts'
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 as V1 } from '../../types.generated.ts'
import { autoscalerFromV1, autoscalerToV1 } from './convert-autoscaler.ts'
import { HorizontalPodAutoscalerV1 } from './horizontal-pod-autoscaler-v1.ts'

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics'
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'

function v1(change: Partial<V1> = {}): V1 {
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      targetCPUUtilizationPercentage: 60,
    },
    ...change,
  }
}

test('the percentage of v1 is a metric of v2', () => {
  const stored = autoscalerFromV1(v1())
  expect(stored.apiVersion).toBe('autoscaling/v2')
  expect(stored.spec.metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
  ])
  expect(autoscalerToV1(stored)).toEqual(v1())
})

test('without a percentage it is 80', () => {
  const { targetCPUUtilizationPercentage: _, ...spec } = v1().spec
  expect(autoscalerToV1(autoscalerFromV1(v1({ spec }))).spec.targetCPUUtilizationPercentage).toBe(80)
})

describe('what v1 has no fields for', () => {
  const stored: HorizontalPodAutoscaler = {
    ...autoscalerFromV1(v1()),
    metadata: { name: 'web', namespace: 'shop', annotations: { note: 'x' } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [
        { type: 'Pods', pods: { metric: { name: 'orders' }, target: { type: 'AverageValue', averageValue: '100' } } },
        {
          type: 'Object',
          object: {
            describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
            metric: { name: 'hits', selector: { matchLabels: { a: 'b' } } },
            target: { type: 'AverageValue', averageValue: '5' },
          },
        },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
      behavior: {
        scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }], tolerance: '50m' },
      },
    },
    status: {
      currentReplicas: 3,
      desiredReplicas: 3,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 41, averageValue: '410m' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' }],
    },
  }

  test('stands in annotations, as upstream writes them', () => {
    const { metadata, spec, status } = autoscalerToV1(stored)
    expect(metadata.annotations?.['note']).toBe('x')
    expect(metadata.annotations?.[METRICS]).toBe(
      '[{"type":"Pods","pods":{"metricName":"orders","targetAverageValue":"100"}},' +
        '{"type":"Object","object":{"target":{"apiVersion":"v1","kind":"Service","name":"web"},"metricName":"hits",' +
        '"selector":{"matchLabels":{"a":"b"}},"targetValue":"0","averageValue":"5"}}]',
    )
    expect(JSON.parse(metadata.annotations?.[BEHAVIOR] ?? '')).toEqual({
      ScaleUp: null,
      ScaleDown: {
        StabilizationWindowSeconds: null,
        SelectPolicy: 'Min',
        Policies: [{ Type: 'Pods', Value: 1, PeriodSeconds: 60 }],
        Tolerance: '50m',
      },
    })
    expect(spec.targetCPUUtilizationPercentage).toBe(60)
    expect(status?.currentCPUUtilizationPercentage).toBe(41)
  })

  test('comes back from there', () => {
    expect(autoscalerFromV1(autoscalerToV1(stored))).toEqual(stored)
  })

  test('is ignored where it makes no sense', () => {
    const annotations = { [METRICS]: '{"type":', [BEHAVIOR]: '[1]' }
    const { metadata, spec } = autoscalerFromV1(v1({ metadata: { name: 'web', annotations } }))
    expect(metadata.annotations).toBeUndefined()
    expect(spec.metrics).toHaveLength(1)
    expect(spec.behavior).toBeUndefined()
  })
})

test('any v1 autoscaler survives being stored as v2', () => {
  fc.assert(
    fc.property(builtinObjects('io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler'), (fields) => {
      const given = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', ...fields } as unknown as V1
      const once = autoscalerToV1(autoscalerFromV1(given))
      expect(autoscalerToV1(autoscalerFromV1(once))).toEqual(once)
      expect(once.spec.scaleTargetRef).toEqual(given.spec.scaleTargetRef)
    }),
    { numRuns: 50 },
  )
})

test('is validated as v2', () => {
  const spec = { ...v1().spec, targetCPUUtilizationPercentage: 0, maxReplicas: 0 }
  expect(refusals(HorizontalPodAutoscalerV1, v1({ spec }))).toEqual([
    'spec.maxReplicas: Invalid value: 0: must be greater than 0',
    'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ])
})

test('a creator cannot slip in a status', () => {
  const annotations = { 'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"a","status":"b"}]', note: 'x' }
  const made = created(HorizontalPodAutoscalerV1, v1({ metadata: { name: 'web', annotations } }))
  expect(made.metadata.annotations).toEqual({ note: 'x' })
  expect(made.status).toEqual({ currentReplicas: 0, desiredReplicas: 0 })
})
