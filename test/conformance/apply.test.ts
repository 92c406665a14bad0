import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
const NAMESPACE = await api.namespace('applied')
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`
afterAll(() => api[Symbol.asyncDispose]())

function map(name: string, data: object, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

function deployment(name: string, spec: object): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec }
}

const container = (name: string, more: object = {}): object => ({ name, image: `registry.example/${name}:1`, ...more })

function workload(name: string, ...containers: object[]): object {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers } }
  return deployment(name, { paused: true, selector: { matchLabels: labels }, template })
}

function managersOf({ metadata }: Wire): readonly string[] {
  return metadata.managedFields.map(({ manager, operation, subresource }: Wire) =>
    [manager, operation, ...(subresource === undefined ? [] : [subresource])].join(' '),
  )
}

describe('an apply', () => {
  test('creates what is not there, and says so', async () => {
    const path = `${MAPS}/made?fieldManager=one`
    const made = await api.expect(201, api.patch(path, 'apply', map('made', { a: '1' })))
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      },
    ])
    const again = await api.expect(200, api.patch(path, 'apply', map('made', { a: '1' })))
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
  })

  test('in YAML, and dry, shows what would be', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dry\ndata:\n  colour: red\n'
    const shown = await api.expect(201, api.patch(`${MAPS}/dry?fieldManager=one&dryRun=All`, 'apply', yaml))
    expect(shown.data).toEqual({ colour: 'red' })
    await api.expect(404, api.get(`${MAPS}/dry`))
  })

  test('takes away what it no longer names, unless somebody else has it too', async () => {
    const path = `${MAPS}/shared?fieldManager=`
    await api.expect(201, api.patch(`${path}one`, 'apply', map('shared', { mine: '1', ours: '2' })))
    await api.expect(200, api.patch(`${path}two`, 'apply', map('shared', { ours: '2', theirs: '3' })))
    const { data } = await api.expect(200, api.patch(`${path}one`, 'apply', map('shared', {})))
    expect(data).toEqual({ ours: '2', theirs: '3' })
  })

  test('that would change what another manager has is refused, and can be forced', async () => {
    const path = `${DEPLOYMENTS}/contended?fieldManager=`
    const first = workload('contended', container('web', { env: [{ name: 'A', value: '1' }] }))
    await api.expect(201, api.patch(`${path}one`, 'apply', first))
    const other = workload('contended', container('web', { image: 'registry.example/web:2' }), container('extra'))
    const refused = await api.expect(409, api.patch(`${path}two`, 'apply', other))
    expect(refused.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="web"].image',
    )
    expect(refused.details.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "one"',
        field: '.spec.template.spec.containers[name="web"].image',
      },
    ])
    const forced = await api.expect(200, api.patch(`${path}two&force=true`, 'apply', other))
    expect(forced.spec.template.spec.containers.map(({ name, image }: Wire) => `${name} ${image}`)).toEqual([
      'web registry.example/web:2',
      'extra registry.example/extra:1',
    ])
    expect(forced.spec.template.spec.containers[0].env).toEqual([{ name: 'A', value: '1' }])
    const back = await api.expect(409, api.patch(`${path}one`, 'apply', first))
    expect(back.details.causes.map(({ message }: Wire) => message)).toEqual(['conflict with "two"'])
    const less = workload('contended', container('web', { image: 'registry.example/web:2' }))
    const { spec } = await api.expect(200, api.patch(`${path}two`, 'apply', less))
    expect(spec.template.spec.containers).toHaveLength(1)
  })

  test('conflicts with scales', async () => {
    const path = `${DEPLOYMENTS}/scaled`
    const sized = (replicas: number): object => {
      const object = workload('scaled', container('web')) as Wire
      return { ...object, spec: { ...object.spec, replicas } }
    }
    await api.expect(201, api.patch(`${path}?fieldManager=one`, 'apply', sized(1)))
    await api.expect(200, api.patch(`${path}/scale?fieldManager=scaler`, 'merge', { spec: { replicas: 3 } }))
    expect(managersOf(await api.expect(200, api.get(path)))).toContain('scaler Update scale')
    const refused = await api.expect(409, api.patch(`${path}?fieldManager=one`, 'apply', sized(2)))
    expect(refused.message).toMatch(
      /^Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps\/v1.*: \.spec\.replicas$/,
    )
  })

  test('of a status owns nothing but the status', async () => {
    const path = `${DEPLOYMENTS}/state`
    await api.expect(201, api.post(DEPLOYMENTS, workload('state', container('web'))))
    const conditions = [{ type: 'Tested', status: 'True' }]
    const body = { ...deployment('state', { replicas: 9 }), status: { conditions } }
    const applied = await api.expect(200, api.patch(`${path}/status?fieldManager=tester`, 'apply', body))
    expect([applied.spec.replicas, managersOf(applied)]).toEqual([1, expect.arrayContaining(['tester Apply status'])])
    const entry = applied.metadata.managedFields.find(({ manager }: Wire) => manager === 'tester')
    expect(Object.keys(entry.fieldsV1)).toEqual(['f:status'])
  })

  test.each([
    ['other', map('else', {}), 400, 'the name of the object (else) does not match the name on the URL (other)'],
    [
      'other',
      { apiVersion: 'v1', kind: 'ConfigMap' },
      400,
      'the name of the object (other based on URL) was undeterminable: name must be provided',
    ],
    ['other', { kind: 'ConfigMap', metadata: { name: 'other' } }, 400, 'invalid object type: /, Kind=ConfigMap'],
    ['other', map('other', {}, { managedFields: [{ manager: 'x' }] }), 400, 'metadata.managedFields must be nil'],
    [
      'other',
      map('other', {}, { uid: '7' }),
      409,
      'uid mismatch: the provided object specified uid 7, and no existing object was found',
    ],
    ['other', { ...map('other', {}), date: {} }, 500, '.date: field not declared in schema'],
  ])('to %s of %o is refused', async (name, body, code, message) => {
    const { status, json } = await api.patch(`${MAPS}/${name}?fieldManager=one`, 'apply', body)
    expect([status, json.message]).toEqual([code, expect.stringContaining(message)])
    await api.expect(404, api.get(`${MAPS}/${name}`))
  })
})

describe('managed fields', () => {
  test('of updates are those that changed; who writes is who says so, or the client by its name', async () => {
    const path = `${MAPS}/updated`
    const headers = { 'user-agent': 'kubectl-edit/v1.35.0 (linux)' }
    await api.expect(201, api.post(`${MAPS}?fieldManager=maker`, map('updated', { a: '1', b: '2' })))
    const edited = await api.expect(200, api.patch(path, 'merge', { data: { b: '3' } }, { headers }))
    const owned = Object.fromEntries(
      edited.metadata.managedFields.map(({ manager, fieldsV1 }: Wire) => [manager, fieldsV1['f:data']]),
    )
    expect(owned).toEqual({ maker: { '.': {}, 'f:a': {} }, 'kubectl-edit': { 'f:b': {} } })
  })

  test('can be given up altogether', async () => {
    const path = `${MAPS}/stripped`
    await api.expect(201, api.post(MAPS, map('stripped', { a: '1' })))
    const stripped = await api.expect(200, api.patch(path, 'merge', { metadata: { managedFields: [{}] } }))
    expect(stripped.metadata).not.toHaveProperty('managedFields')
    const applied = await api.expect(200, api.patch(`${path}?fieldManager=one`, 'apply', map('stripped', { b: '2' })))
    expect([applied.data, managersOf(applied)]).toEqual([
      { a: '1', b: '2' },
      ['one Apply', 'before-first-apply Update'],
    ])
  })
})
