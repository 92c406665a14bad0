import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { DaemonSetSpec } from '../../types.generated.ts'
import { DaemonSet } from './daemon-set.ts'

const GENERATION = 'deprecated.daemonset.template.generation'

function daemonSet(spec: Partial<DaemonSetSpec> = {}, image = 'fluentd'): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'logs', namespace: 'ops' },
    spec: {
      selector: { matchLabels: { app: 'logs' } },
      template: {
        metadata: { name: '', labels: { app: 'logs' } },
        spec: { containers: [{ name: 'logs', image }], nodeSelector: { disk: 'ssd' } },
      },
      ...spec,
    },
  }
}

test('what is left out of a new DaemonSet', () => {
  const { metadata, spec } = created(DaemonSet, daemonSet())
  expect(metadata.annotations).toEqual({ [GENERATION]: '1' })
  expect(spec).toMatchObject({
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
  })
})

describe('the count of templates', () => {
  const stored = created(DaemonSet, daemonSet())

  test('grows with each new template', () => {
    const updated = DaemonSet.prepareForUpdate?.(daemonSet({}, 'fluentd:2'), stored)
    expect(updated?.metadata.annotations).toEqual({ [GENERATION]: '2' })
  })

  test('is the server’s alone', () => {
    const meddled = { ...stored, metadata: { ...stored.metadata, annotations: { [GENERATION]: '9' } } }
    expect(DaemonSet.prepareForUpdate?.(meddled, stored).metadata.annotations).toEqual({ [GENERATION]: '1' })
  })

  test('of an unchanged set leaves the set as it is', () => {
    expect(DaemonSet.prepareForUpdate?.(stored, stored)).toBe(stored)
  })
})

describe('a new DaemonSet', () => {
  test.each<[string, Partial<DaemonSetSpec>, readonly string[]]>([
    ['is valid', {}, []],
    [
      'surges or goes without, not both',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
      ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
    ],
    [
      'does one of the two',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } },
      ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
    ],
    [
      'names a known strategy',
      { updateStrategy: { type: 'Blue' } },
      [
        'spec.updateStrategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
      ],
    ],
    [
      'selects something in particular',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(refusals(DaemonSet, daemonSet(spec))).toEqual(expected)
  })

  test('keeps its selector', () => {
    const changed = daemonSet({ selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } })
    expect(updateRefusals(DaemonSet, changed, daemonSet())).toEqual([
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
    ])
  })
})

test('kubectl get -o wide', () => {
  const status = { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 2, numberMisscheduled: 0 }
  expect(row(DaemonSet, { ...daemonSet(), status }, 0)).toEqual({
    Name: 'logs',
    Desired: 3,
    Current: 3,
    Ready: 2,
    'Up-to-date': 0,
    Available: 0,
    'Node Selector': 'disk=ssd',
    Age: '<unknown>',
    Containers: 'logs',
    Images: 'fluentd',
    Selector: 'app=logs',
  })
})
