import { describe, expect, test } from 'vitest'
import { StatusError } from '../errors.ts'
import type { Kind } from '../kind.ts'
import type { ApiObject, ManagedFieldsEntry } from '../object.ts'
import { builtinSchema } from '../schema/builtin.ts'
import { UPDATE_MANAGERS_MAX } from './cap-managers.ts'
import { LAST_APPLIED_ANNOTATION } from './last-applied.ts'
import { FieldManager } from './managed-fields.ts'

const MORNING = '2026-01-01T06:00:00Z'
const LATER = '2026-01-01T18:00:00Z'
const NOON = '2026-01-01T12:00:00Z'

const Deployment: Kind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  namespaced: true,
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.apps.v1.Deployment'),
}

interface Web extends ApiObject {
  readonly spec: { readonly replicas?: number; readonly paused?: boolean; readonly selector?: unknown }
  readonly status?: { readonly replicas: number }
}

const web: Web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', labels: { app: 'web' } },
  spec: { replicas: 1, selector: { matchLabels: { app: 'web' } } },
}

const main = new FieldManager({ kind: Deployment })
const status = new FieldManager({ kind: Deployment, subresource: 'status' })

function config(spec: Web['spec'], metadata: object = {}): Record<string, unknown> {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop', ...metadata }, spec }
}

function created(): Web {
  return main.update(undefined, web, { manager: 'kubectl-create', time: MORNING })
}

function entries(object: ApiObject): Record<string, ManagedFieldsEntry> {
  return Object.fromEntries(
    (object.metadata.managedFields ?? []).map((entry) => [`${entry.manager} ${entry.operation}`, entry]),
  )
}

function refusal(attempt: () => unknown): StatusError {
  try {
    attempt()
  } catch (failure) {
    if (failure instanceof StatusError) return failure
    throw failure
  }
  return expect.unreachable()
}

describe('create', () => {
  test('gives the creator what it set, but not the identity of the object', () => {
    expect(created().metadata.managedFields).toEqual([
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: MORNING,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': { 'f:replicas': {}, 'f:selector': {} },
        },
      },
    ])
  })

  test('objects that are alike share one set', () => {
    const other = main.update(
      undefined,
      { ...web, metadata: { ...web.metadata, name: 'api' } },
      { manager: 'kubectl-create', time: NOON },
    )
    expect(other.metadata.managedFields?.[0]?.fieldsV1).toBe(created().metadata.managedFields?.[0]?.fieldsV1)
  })
})

describe('many objects that take the same way', () => {
  const named = (name: string): Web => ({ ...web, metadata: { ...web.metadata, name } })
  const life = (name: string): Web => {
    const object = main.update(undefined, named(name), { manager: 'kubectl-create', time: MORNING })
    return status.update(object, { ...object, status: { replicas: name.length } }, { manager: 'deployer', time: NOON })
  }

  test('share one list', () => {
    expect(life('api').metadata.managedFields).toBe(life('db').metadata.managedFields)
  })

  test('part where one of them was written at another time', () => {
    const [api, db] = [life('api'), life('db')]
    const later = status.update(api, { ...api, status: { replicas: 9 } }, { manager: 'deployer', time: LATER })
    expect(entries(later)['deployer Update']).toMatchObject({ time: LATER })
    expect(entries(db)['deployer Update']).toMatchObject({ time: NOON })
    expect(entries(later)['deployer Update']?.fieldsV1).toBe(entries(db)['deployer Update']?.fieldsV1)
  })

  test('part where one of them was taken over', () => {
    const api = life('api')
    const taken = status.update(api, { ...api, status: { replicas: 9 } }, { manager: 'somebody', time: NOON })
    expect(entries(taken)['deployer Update']?.fieldsV1).toEqual({ 'f:status': {} })
    expect(entries(life('db'))['deployer Update']?.fieldsV1).toEqual({ 'f:status': { '.': {}, 'f:replicas': {} } })
  })
})

describe('update', () => {
  test('moves what changed to whoever changed it', () => {
    const before = created()
    const after = main.update(
      before,
      { ...before, spec: { ...before.spec, replicas: 3 } },
      { manager: 'hpa', time: NOON },
    )
    expect(entries(after)['hpa Update']).toMatchObject({ time: NOON, fieldsV1: { 'f:spec': { 'f:replicas': {} } } })
    expect(entries(after)['kubectl-create Update']).toMatchObject({
      time: MORNING,
      fieldsV1: { 'f:spec': { 'f:selector': {} } },
    })
  })

  test('that changes nothing keeps the time, and the very list', () => {
    const before = created()
    const after = main.update(before, structuredClone(before), { manager: 'hpa', time: NOON })
    expect(after.metadata.managedFields).toBe(before.metadata.managedFields)
  })

  test('of an object that is not tracked does not begin to track it', () => {
    expect(
      main.update(web, { ...web, spec: { replicas: 2 } }, { manager: 'hpa', time: NOON }).metadata,
    ).not.toHaveProperty('managedFields')
  })

  test('with one empty entry forgets all owners', () => {
    const before = created()
    const reset = { ...before, metadata: { ...before.metadata, managedFields: [{}] } }
    expect(main.update(before, reset, { manager: 'kubectl', time: NOON }).metadata).not.toHaveProperty('managedFields')
  })

  test('without a name is by an unknown manager', () => {
    const before = created()
    const after = main.update(before, { ...before, spec: { replicas: 2 } }, { manager: '', time: NOON })
    expect(Object.keys(entries(after))).toContain('unknown Update')
  })

  test('of the status is an entry of its own, which owns nothing but status', () => {
    const before = created()
    const after = status.update(
      before,
      { ...before, status: { replicas: 1 }, spec: { replicas: 9 } },
      { manager: 'kube-controller-manager', time: NOON },
    )
    expect(entries(after)['kube-controller-manager Update']).toMatchObject({
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:replicas': {} } },
    })
  })

  test('by ever more managers unites the oldest', () => {
    let object = created()
    for (let number = 0; number < 2 * UPDATE_MANAGERS_MAX; number++) {
      const labels = { ...object.metadata.labels, [`l${number}`]: 'x' }
      object = main.update(
        object,
        { ...object, metadata: { ...object.metadata, labels } },
        { manager: `manager-${number}`, time: `2026-01-01T07:${String(number).padStart(2, '0')}:00Z` },
      )
    }
    expect(object.metadata.managedFields).toHaveLength(UPDATE_MANAGERS_MAX)
    expect(entries(object)['ancient-changes Update']?.fieldsV1).toMatchObject({
      'f:metadata': { 'f:labels': { 'f:app': {}, 'f:l0': {}, 'f:l10': {} } },
    })
  })
})

describe('apply', () => {
  test('makes an object where there is none', () => {
    const object = main.apply(undefined, config({ replicas: 2 }), { manager: 'argocd', time: MORNING })
    expect(object).toMatchObject({ spec: { replicas: 2 } })
    expect(entries(object)['argocd Apply']).toMatchObject({
      time: MORNING,
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    })
  })

  test('of the same configuration again gives the very object', () => {
    const object = main.apply(undefined, config({ replicas: 2 }), { manager: 'argocd', time: MORNING })
    expect(main.apply(object, config({ replicas: 2 }), { manager: 'argocd', time: NOON })).toBe(object)
  })

  test('meets other owners with 409, in the server words', () => {
    const failure = refusal(() => main.apply(created(), config({ replicas: 5 }), { manager: 'argocd', time: NOON }))
    expect(failure.toStatus()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl-create" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
    })
  })

  test('lists several conflicts by manager, and names the subresource', () => {
    const owned = main.apply(created(), config({ paused: true }), { manager: 'argocd', time: MORNING })
    const failure = refusal(() =>
      main.apply(owned, config({ replicas: 5, paused: false }), { manager: 'flux', time: NOON }),
    )
    expect(failure.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "argocd":\n- .spec.paused\nconflicts with "kubectl-create" using apps/v1:\n- .spec.replicas',
    )
  })

  test('by force takes the fields', () => {
    const after = main.apply(created(), config({ replicas: 5 }), { manager: 'argocd', time: NOON, force: true })
    expect(after).toMatchObject({ spec: { replicas: 5, selector: web.spec.selector } })
    expect(entries(after)['kubectl-create Update']?.fieldsV1).not.toHaveProperty('f:spec.f:replicas')
  })

  test('on an object that nobody tracked gives the rest to before-first-apply', () => {
    const after = main.apply(web, config({ paused: true }), { manager: 'argocd', time: NOON })
    expect(entries(after)['before-first-apply Update']).toMatchObject({
      fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:selector': {} } },
    })
  })

  test.each([
    {
      wrong: { ...config({}), apiVersion: 'apps/v2' },
      code: 400,
      message: 'invalid object type: apps/v2, Kind=Deployment',
    },
    { wrong: config({}, { managedFields: [] }), code: 400, message: 'metadata.managedFields must be nil' },
    {
      wrong: config({ colour: 'red' } as Web['spec']),
      code: 500,
      message:
        'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.colour: field not declared in schema',
    },
  ])('is refused: $message', ({ wrong, code, message }) => {
    expect(refusal(() => main.apply(created(), wrong, { manager: 'argocd', time: NOON }))).toMatchObject({
      code,
      message,
    })
  })
})

describe('kubectl apply --server-side after kubectl apply', () => {
  const lastApplied = JSON.stringify(config({ replicas: 1 }))
  const annotated = main.update(
    undefined,
    { ...web, metadata: { ...web.metadata, annotations: { [LAST_APPLIED_ANNOTATION]: lastApplied } } },
    { manager: 'kubectl-client-side-apply', time: MORNING },
  )

  test('may change what it applied before, and keeps the annotation in step', () => {
    const after = main.apply(annotated, config({ replicas: 2 }), { manager: 'kubectl', time: NOON })
    expect(after).toMatchObject({ spec: { replicas: 2 } })
    expect(after.metadata.annotations?.[LAST_APPLIED_ANNOTATION]).toBe(
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},"spec":{"replicas":2}}\n',
    )
  })

  test('is a conflict for any other manager', () => {
    expect(refusal(() => main.apply(annotated, config({ replicas: 2 }), { manager: 'argocd', time: NOON })).code).toBe(
      409,
    )
  })

  test('is a conflict for what somebody else changed meanwhile', () => {
    const scaled = main.update(
      annotated,
      { ...annotated, spec: { ...annotated.spec, replicas: 7 } },
      { manager: 'hpa', time: NOON },
    )
    const failure = refusal(() => main.apply(scaled, config({ replicas: 2 }), { manager: 'kubectl', time: NOON }))
    expect(failure.message).toContain('conflict with "hpa" using apps/v1: .spec.replicas')
  })
})
