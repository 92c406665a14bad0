import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { LimitRangeItem, ResourceQuotaSpec } from '../../types.generated.ts'
import { LimitRange } from './limit-range.ts'
import { ResourceQuota } from './resource-quota.ts'

const metadata = { name: 'a', namespace: 'shop', resourceVersion: '1' }

describe('LimitRange', () => {
  const rangeOf = (item: LimitRangeItem): LimitRange => ({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata,
    spec: { limits: [item] },
  })

  test.each<[LimitRangeItem, LimitRangeItem]>([
    [
      { type: 'Container', max: { cpu: '2' }, min: { memory: '0.5Gi' } },
      {
        type: 'Container',
        max: { cpu: '2' },
        min: { memory: '512Mi' },
        default: { cpu: '2' },
        defaultRequest: { cpu: '2', memory: '512Mi' },
      },
    ],
    [
      { type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '500m' } },
      { type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '500m' } },
    ],
    [
      { type: 'Pod', max: { cpu: '2' } },
      { type: 'Pod', max: { cpu: '2' } },
    ],
  ])('%j is filled in as %j', (given, filled) => {
    const range = LimitRange.default?.(rangeOf(given)) ?? rangeOf(given)
    expect(range.spec?.limits).toEqual([filled])
    expect(LimitRange.default?.(range)).toBe(range)
  })

  test.each<[LimitRangeItem, readonly string[]]>([
    [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '1' } }, []],
    [
      { type: 'Group' },
      ['spec.limits[0].type: Invalid value: "Group": must be a standard limit type or fully qualified'],
    ],
    [
      { type: 'Pod', max: { cpu: '1' }, min: { cpu: '2' } },
      ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    ],
    [
      { type: 'Pod', default: { cpu: '1' } },
      ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
    ],
    [
      { type: 'PersistentVolumeClaim' },
      [
        'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
      ],
    ],
    [
      { type: 'Container', max: { pods: '1' } },
      ['spec.limits[0].max[pods]: Invalid value: "pods": must be a standard resource for containers'],
    ],
    [
      { type: 'Pod', max: { cpu: '3' }, min: { cpu: '1' }, maxLimitRequestRatio: { cpu: '4' } },
      ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = 3.000000'],
    ],
    [
      { type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '2' } },
      [
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default limit value 1',
      ],
    ],
  ])('%j', (item, problems) => {
    expect(printCauses(LimitRange.validate?.(rangeOf(item)))).toEqual(problems)
  })
})

describe('ResourceQuota', () => {
  const quotaOf = (spec: ResourceQuotaSpec): ResourceQuota => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata,
    spec,
  })

  test.each<[ResourceQuotaSpec, readonly string[]]>([
    [{ hard: { pods: '10', 'requests.cpu': '4', 'count/deployments.apps': '2' } }, []],
    [
      { hard: { apples: '1' } },
      [
        'spec.hard[apples]: Invalid value: "apples": must be a standard resource type or fully qualified',
        'spec.hard[apples]: Invalid value: "apples": must be a standard resource for quota',
      ],
    ],
    [{ hard: { pods: '1500m' } }, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
    [{ scopes: ['Loud'] }, ['spec.scopes: Invalid value: ["Loud"]: unsupported scope']],
    [
      { scopes: ['BestEffort'], hard: { cpu: '1' } },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
    [
      { scopes: ['Terminating', 'NotTerminating'] },
      ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    ],
    [
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
      [
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    ],
  ])('%j', (spec, problems) => {
    expect(printCauses(ResourceQuota.validate?.(quotaOf(spec)))).toEqual(problems)
  })

  test('keeps its scopes', () => {
    expect(printCauses(ResourceQuota.validate?.(quotaOf({ scopes: ['Terminating'] }), quotaOf({})))).toEqual([
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    ])
  })

  test('shows what is used of what there is', () => {
    const status = { hard: { pods: '10', 'requests.cpu': '4', 'limits.cpu': '8' }, used: { pods: '3' } }
    const cells = (ResourceQuota.columns ?? []).map(({ cell }) => cell({ ...quotaOf({}), status }, 0))
    expect(cells).toEqual(['a', 'pods: 3/10, requests.cpu: 0/4', 'limits.cpu: 0/8', '<unknown>'])
  })
})
