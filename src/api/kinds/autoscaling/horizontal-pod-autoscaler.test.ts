import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { canonicalObject } from '../../schema/builtin-canonical.ts'
import type { HorizontalPodAutoscalerSpec, MetricSpec } from '../../types.generated.ts'
import { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'

const CPU: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
}

function autoscaler(spec: Partial<HorizontalPodAutoscalerSpec> = {}): HorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      metrics: [CPU],
      ...spec,
    },
  }
}

describe('defaults', () => {
  test('one replica at least, and the processor at 80 per cent', () => {
    const { spec } = created(HorizontalPodAutoscaler, autoscaler({ metrics: [] }))
    expect(spec.minReplicas).toBe(1)
    expect(spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ])
    expect(spec.behavior).toBeUndefined()
  })

  test('a behavior that was begun is finished', () => {
    const policies = [{ type: 'Percent', value: 300, periodSeconds: 15 }]
    const behavior = { scaleUp: { stabilizationWindowSeconds: 15, policies } }
    expect(created(HorizontalPodAutoscaler, autoscaler({ behavior })).spec.behavior).toEqual({
      scaleUp: { stabilizationWindowSeconds: 15, selectPolicy: 'Max', policies },
      scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    })
  })

  test('a complete autoscaler is its own default', () => {
    const complete = created(HorizontalPodAutoscaler, autoscaler({ behavior: {} }))
    expect(HorizontalPodAutoscaler.default?.(complete)).toBe(complete)
  })
})

describe('a new autoscaler', () => {
  const metric = (one: object): Partial<HorizontalPodAutoscalerSpec> => ({ metrics: [one as MetricSpec] })
  const field = 'spec.metrics[0]'
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }

  test.each<[Partial<HorizontalPodAutoscalerSpec>, readonly string[]]>([
    [{}, []],
    [
      { minReplicas: 0 },
      [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    ],
    [{ minReplicas: 11 }, ['spec.maxReplicas: Invalid value: 10: must be greater than or equal to `minReplicas`']],
    [
      { maxReplicas: 0, minReplicas: 1 },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [
      { scaleTargetRef: { ...deployment, apiVersion: 'v1' } },
      ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
    ],
    [{ scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'web' } }, []],
    [
      { scaleTargetRef: { ...deployment, apiVersion: 'a/b/c', kind: 'x/y' } },
      [
        'spec.scaleTargetRef.kind: Invalid value: "x/y": may not contain \'/\'',
        'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      ],
    ],
    [
      metric({ type: 'Weather' }),
      [
        `${field}.type: Unsupported value: "Weather": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`,
        `${field}.type: Unsupported value: "Weather": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`,
      ],
    ],
    [
      metric({ type: 'Pods' }),
      [`${field}.pods: Required value: must populate information for the given metric source`],
    ],
    [
      metric({ ...CPU, type: 'Pods' }),
      [`${field}.pods: Required value: must populate information for the given metric source`],
    ],
    [
      metric({ ...CPU, pods: { metric: { name: 'a' }, target: { type: 'AverageValue', averageValue: '1' } } }),
      [`${field}.pods: Forbidden: must populate the given metric source only`],
    ],
    [
      metric({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }),
      [
        `${field}.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
      ],
    ],
    [
      metric({ type: 'Resource', resource: { name: '', target: { type: 'Full', averageUtilization: 0 } } }),
      [
        `${field}.resource.name: Required value: must specify a resource name`,
        `${field}.resource.target.type: Invalid value: "Full": must be either Utilization, Value, or AverageValue`,
        `${field}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
      ],
    ],
    [
      metric({
        type: 'External',
        external: { metric: { name: 'a/b' }, target: { type: 'Value', value: '-1', averageValue: '0' } },
      }),
      [
        `${field}.external.metric.name: Invalid value: "a/b": may not contain '/'`,
        `${field}.external.target.value: Invalid value: "-1": must be positive`,
        `${field}.external.target.averageValue: Invalid value: "0": must be positive`,
        `${field}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`,
      ],
    ],
    [
      metric({
        type: 'Object',
        object: {
          describedObject: { kind: 'Service', name: 'web' },
          metric: { name: 'hits' },
          target: { type: 'Value' },
        },
      }),
      [`${field}.object.target.averageValue: Required value: must set either a target value or averageValue`],
    ],
    [
      metric({
        type: 'ContainerResource',
        containerResource: { name: 'gold', container: 'A', target: { type: 'Utilization', averageUtilization: 1 } },
      }),
      [
        `${field}.containerResource.name: Invalid value: "gold": must be a standard resource type or fully qualified`,
        `${field}.containerResource.name: Invalid value: "gold": must be a standard resource for containers`,
        `${field}.containerResource.container: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      {
        behavior: {
          scaleUp: { policies: [], selectPolicy: 'All', stabilizationWindowSeconds: 4000, tolerance: '-0.1' },
        },
      },
      [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600',
        'spec.behavior.scaleUp.selectPolicy: Unsupported value: "All": supported values: "Disabled", "Max", "Min"',
        'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
        'spec.behavior.scaleUp.tolerance: Invalid value: "-100m": must be greater than or equal to 0',
      ],
    ],
    [
      { behavior: { scaleDown: { policies: [{ type: 'Half', value: 0, periodSeconds: 1801 }] } } },
      [
        'spec.behavior.scaleDown.policies[0].type: Unsupported value: "Half": supported values: "Percent", "Pods"',
        'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(HorizontalPodAutoscaler, autoscaler(spec))).toEqual(expected)
  })

  test('whose Object metric does not say of what', () => {
    const object = { metric: { name: 'cricket_match_intensity' }, target: { type: 'Value', value: '1' } }
    const sent = autoscaler({ metrics: [CPU, { type: 'Object', object: object as never }] })
    const read = canonicalObject('io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler', sent)
    expect(refusals(HorizontalPodAutoscaler, read)).toEqual([
      'spec.metrics[1].object.describedObject.kind: Required value',
      'spec.metrics[1].object.describedObject.name: Required value',
    ])
  })
})

test('a target that was accepted before there was a rule may stay', () => {
  const scaleTargetRef = { kind: 'Deployment', name: 'web' }
  const old = autoscaler({ scaleTargetRef })
  expect(updateRefusals(HorizontalPodAutoscaler, autoscaler({ scaleTargetRef, maxReplicas: 3 }), old)).toEqual([])
})

describe('TARGETS', () => {
  const pods: MetricSpec = {
    type: 'Pods',
    pods: { metric: { name: 'p' }, target: { type: 'AverageValue', averageValue: '100' } },
  }
  const object: MetricSpec = {
    type: 'Object',
    object: {
      describedObject: { kind: 'Service', name: 's' },
      metric: { name: 'o' },
      target: { type: 'Value', value: '2k' },
    },
  }
  test.each<[readonly MetricSpec[], readonly object[], string]>([
    [[CPU], [], 'cpu: <unknown>/50%'],
    [
      [CPU],
      [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 0, averageValue: '1m' } } }],
      'cpu: 0%/50%',
    ],
    [[pods], [{ type: 'Pods', pods: { metric: { name: 'p' }, current: { averageValue: '42' } } }], '42/100'],
    [[pods, object, CPU], [], '<unknown>/100, <unknown>/2k + 1 more...'],
    [[], [], '<none>'],
  ])('%j', (metrics, currentMetrics, expected) => {
    const object = {
      ...autoscaler({ metrics }),
      status: { desiredReplicas: 1, currentMetrics: currentMetrics as never },
    }
    expect(row(HorizontalPodAutoscaler, object, 0)).toMatchObject({ Targets: expected, Reference: 'Deployment/web' })
  })
})
