import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { DeploymentSpec } from '../../types.generated.ts'
import { Deployment } from './deployment.ts'

const SPEC: DeploymentSpec = {
  selector: { matchLabels: { app: 'web' } },
  template: {
    metadata: { name: '', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
  },
}

function deployment(spec: Partial<DeploymentSpec> = {}, metadata: Partial<Deployment['metadata']> = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { ...SPEC, ...spec },
  }
}

describe('defaults', () => {
  test('what is left out of a new Deployment', () => {
    const { spec, status } = created(Deployment, deployment())
    expect(spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { restartPolicy: 'Always' } },
    })
    expect(status).toEqual({})
  })

  test.each([
    [{}, { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }],
    [{ type: '' }, { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }],
    [
      { rollingUpdate: { maxSurge: 0 } },
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } },
    ],
    [{ type: 'Recreate' }, { type: 'Recreate' }],
  ])('strategy %j becomes %j', (strategy, expected) => {
    expect(created(Deployment, deployment({ strategy })).spec.strategy).toEqual(expected)
  })

  test('a complete Deployment is its own default', () => {
    const complete = created(Deployment, deployment())
    expect(Deployment.default?.(complete)).toBe(complete)
  })
})

describe('a new Deployment', () => {
  test.each<[string, Partial<DeploymentSpec>, readonly string[]]>([
    ['is valid', {}, []],
    ['counts from zero', { replicas: -1 }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    [
      'selects its own pods',
      { selector: { matchLabels: { app: 'api' } } },
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    [
      'selects something in particular',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'names a known strategy',
      { strategy: { type: 'Blue' } },
      [
        'spec.strategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
      ],
    ],
    [
      'rolls nothing when it recreates',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'leaves itself room to roll',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'keeps its percentages in range',
      { strategy: { rollingUpdate: { maxUnavailable: '101%', maxSurge: 'many' } } },
      [
        "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      ],
    ],
    [
      'gives pods time to get ready',
      { minReadySeconds: 700 },
      ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(refusals(Deployment, deployment(spec))).toEqual(expected)
  })

  test('needs a selector', () => {
    const { selector: _, ...rest } = SPEC
    const refused = refusals(Deployment, { ...deployment(), spec: rest as DeploymentSpec })
    expect(refused).toEqual([
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ])
  })

  test('restarts its pods always', () => {
    const template = { ...SPEC.template, spec: { containers: [{ name: 'a', image: 'b' }], restartPolicy: 'Never' } }
    expect(refusals(Deployment, deployment({ template }))).toEqual([
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ])
  })
})

describe('an update', () => {
  test('cannot change the selector', () => {
    const labels = { app: 'web', tier: 'front' }
    const template = { ...SPEC.template, metadata: { name: '', labels } }
    const changed = deployment({ selector: { matchLabels: { tier: 'front' } }, template })
    expect(updateRefusals(Deployment, changed, deployment())).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"tier":"front"}}: field is immutable',
    ])
  })

  test('leaves the status alone', () => {
    const old = { ...deployment(), status: { replicas: 3 } }
    const written = { ...deployment(), status: { replicas: 7 } }
    expect(Deployment.prepareForUpdate?.(written, old).status).toEqual({ replicas: 3 })
  })

  test('of annotations is a new generation', () => {
    const old = deployment({}, { generation: 4 })
    const annotated = deployment({}, { generation: 4, annotations: { note: 'x' } })
    expect(Deployment.prepareForUpdate?.(annotated, old).metadata.generation).toBe(5)
    expect(Deployment.prepareForUpdate?.(old, old).metadata.generation).toBe(4)
  })
})

describe('a status', () => {
  test('has no part that is greater than the whole', () => {
    const status = { replicas: 2, readyReplicas: 3, availableReplicas: 4 }
    const causes = Deployment.validateStatus?.({ ...deployment(), status }, deployment())
    expect(problems(causes)).toEqual([
      'status.readyReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 4: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 4: cannot be greater than readyReplicas',
    ])
  })

  test('never forgets a collision', () => {
    const old = { ...deployment(), status: { collisionCount: 2 } }
    expect(problems(Deployment.validateStatus?.({ ...deployment(), status: {} }, old))).toEqual([
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    ])
  })
})

test('kubectl get -o wide', () => {
  const status = { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 }
  const object = {
    ...created(Deployment, deployment({ replicas: 3 }, { creationTimestamp: '2026-01-01T00:00:00Z' })),
    status,
  }
  expect(row(Deployment, object, Date.parse('2026-01-01T00:05:30Z'))).toEqual({
    Name: 'web',
    Ready: '2/3',
    'Up-to-date': 1,
    Available: 2,
    Age: '5m30s',
    Containers: 'web',
    Images: 'nginx:1',
    Selector: 'app=web',
  })
})

test('a name with dots earns a warning', () => {
  const object = created(Deployment, deployment({}, { name: 'web.v2' }))
  expect([...(Deployment.warnings?.(object) ?? [])]).toEqual([
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
  ])
})
