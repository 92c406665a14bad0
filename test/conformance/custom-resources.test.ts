import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
afterAll(async () => {
  expect(api.errors).toEqual([])
  await api[Symbol.asyncDispose]()
})

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['colour'],
      properties: {
        colour: { type: 'string', enum: ['red', 'blue'] },
        size: { type: 'integer', default: 3, maximum: 9 },
        replicas: { type: 'integer' },
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
      'x-kubernetes-validations': [{ rule: 'self.size < 8', message: 'too big' }],
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } },
    },
  },
}

function definition(options: { plural: string; group?: string; versions?: readonly object[]; labels?: object }): Wire {
  const { plural, group = 'box.example.com', labels = {} } = options
  const kind = `${plural.charAt(0).toUpperCase()}${plural.slice(1, -1)}`
  const versions = options.versions ?? [version('v1', { storage: true })]
  const names = { plural, singular: kind.toLowerCase(), kind, shortNames: [plural.slice(0, 2)], categories: ['all'] }
  return { metadata: { name: `${plural}.${group}`, labels }, spec: { group, scope: 'Namespaced', names, versions } }
}

function version(name: string, more: object = {}): object {
  return { name, served: true, storage: false, schema: { openAPIV3Schema: SCHEMA }, ...more }
}

async function define(options: Parameters<typeof definition>[0]): Promise<string> {
  const { group = 'box.example.com', plural } = options
  await api.expect(201, api.post(DEFINITIONS, definition(options)))
  const path = `${DEFINITIONS}/${plural}.${group}`
  await eventually(async () => conditionsOf((await api.get(path)).json).Established === 'True')
  return path
}

function conditionsOf({ status = {} }: Wire): Record<string, string> {
  return Object.fromEntries((status.conditions ?? []).map((one: Wire) => [one.type, one.status]))
}

describe('a custom resource definition', () => {
  test('is served from its creation, and no longer after its deletion, in discovery and in OpenAPI', async () => {
    await using watch = await api.watch(`${DEFINITIONS}?fieldSelector=metadata.name=comings.go.example.com`)
    const path = await define({ plural: 'comings', group: 'go.example.com' })
    const { json: group } = await api.get('/apis/go.example.com')
    expect(group.preferredVersion).toEqual({ groupVersion: 'go.example.com/v1', version: 'v1' })
    const { json: list } = await api.get('/apis/go.example.com/v1')
    expect(list.resources).toEqual([
      expect.objectContaining({ name: 'comings', kind: 'Coming', shortNames: ['co'], categories: ['all'] }),
    ])
    const { json: all } = await api.get('/apis', { accept: AGGREGATED })
    expect(all.items.map(({ metadata }: Wire) => metadata.name)).toContain('go.example.com')
    expect((await api.get('/openapi/v3')).json.paths).toHaveProperty(['apis/go.example.com/v1'])
    expect((await api.get('/openapi/v2')).json.definitions).toHaveProperty(['com.example.go.v1.Coming'])

    const things = '/apis/go.example.com/v1/namespaces/default/comings'
    const apiVersion = 'go.example.com/v1'
    const object = { apiVersion, kind: 'Coming', metadata: { name: 'a' }, spec: { colour: 'red' } }
    await api.expect(201, api.post(things, object))
    await using objects = await api.watch(things)
    await api.expect(200, api.delete(path))
    await eventually(async () => (await api.get(path)).status === 404)
    expect((await api.get(things)).status).toBe(404)
    expect((await api.get('/apis/go.example.com')).status).toBe(404)
    expect((await api.get('/openapi/v3')).json.paths).not.toHaveProperty(['apis/go.example.com/v1'])
    expect((await api.get('/openapi/v2')).json.definitions).not.toHaveProperty(['com.example.go.v1.Coming'])
    expect((await objects.next()).type).toBe('ADDED')
    const types = new Set<string>()
    while (!types.has('DELETED')) types.add((await watch.next()).type)
    expect([...types]).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  })

  test('tells its status, which can be read, replaced and patched', async () => {
    const path = await define({ plural: 'states' })
    const { json } = await api.get(`${path}/status`)
    expect(json.status).toMatchObject({ acceptedNames: { kind: 'State' }, storedVersions: ['v1'] })
    expect(conditionsOf(json)).toMatchObject({ NamesAccepted: 'True', Established: 'True' })
    const condition = { type: 'Tested', status: 'True', reason: 'Test', message: 'tested' }
    const conditions = [...json.status.conditions, condition]
    await api.expect(200, api.put(`${path}/status`, { ...json, status: { ...json.status, conditions } }))
    expect(conditionsOf((await api.get(path)).json)).toMatchObject({ Tested: 'True' })
    const changed = conditions.map((one) => (one.type === 'Tested' ? { ...one, status: 'False' } : one))
    await api.expect(200, api.patch(`${path}/status`, 'merge', { status: { conditions: changed } }))
    expect(conditionsOf((await api.get(path)).json)).toMatchObject({ Tested: 'False', Established: 'True' })
  })

  test('those of a label are listed and deleted, and no others', async () => {
    await define({ plural: 'olds', labels: { age: 'old' } })
    await define({ plural: 'elders', labels: { age: 'old' } })
    await define({ plural: 'youngs', labels: { age: 'young' } })
    const names = async (): Promise<readonly string[]> =>
      (await api.get(`${DEFINITIONS}?labelSelector=age`)).json.items.map((one: Wire) => one.spec.names.plural)
    expect(await names()).toEqual(['elders', 'olds', 'youngs'])
    await api.expect(200, api.delete(`${DEFINITIONS}?labelSelector=age%3Dold`))
    await eventually(async () => (await names()).length === 1)
    expect(await names()).toEqual(['youngs'])
  })

  test('a version that is renamed, or served no longer, is published no longer', async () => {
    const path = await define({ plural: 'turns', versions: [version('v1', { storage: true }), version('v2')] })
    const published = async (): Promise<readonly string[]> =>
      Object.keys((await api.get('/openapi/v2')).json.definitions).filter((name) => name.endsWith('.Turn'))
    const names = (...versions: string[]): string[] => versions.map((one) => `com.example.box.${one}.Turn`)
    expect(await published()).toEqual(names('v1', 'v2'))
    const versions = [version('v1', { storage: true }), version('v3')]
    await api.expect(200, api.patch(path, 'merge', { spec: { versions } }))
    expect(await published()).toEqual(names('v1', 'v3'))
    const unserved = [version('v1', { storage: true }), version('v3', { served: false })]
    await api.expect(200, api.patch(path, 'merge', { spec: { versions: unserved } }))
    expect(await published()).toEqual(names('v1'))
    expect((await api.get('/apis/box.example.com/v3/namespaces/default/turns')).status).toBe(404)
  })
})

describe('custom resources', () => {
  const boxes = '/apis/box.example.com/v1/namespaces/default/boxes'
  const box = (name: string, spec: object): object => ({
    apiVersion: 'box.example.com/v1',
    kind: 'Boxe',
    metadata: { name },
    spec,
  })

  beforeAll(async () => {
    const subresources = {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    }
    const additionalPrinterColumns = [{ name: 'Colour', type: 'string', jsonPath: '.spec.colour' }]
    const selectableFields = [{ jsonPath: '.spec.colour' }]
    const v1 = version('v1', { storage: true, subresources, additionalPrinterColumns, selectableFields })
    await define({
      plural: 'boxes',
      versions: [
        v1,
        version('v2', { subresources, schema: { openAPIV3Schema: { ...SCHEMA, description: 'the second' } } }),
      ],
    })
  })

  test('are completed, pruned and checked by their schema', async () => {
    const made = await api.expect(201, api.post(boxes, box('made', { colour: 'red', any: { x: 1 }, other: 7 })))
    expect(made.spec).toEqual({ colour: 'red', size: 3, any: { x: 1 } })
    expect((await api.post(boxes, box('big', { colour: 'red', size: 8 }))).json.message).toBe(
      'Boxe.box.example.com "big" is invalid: spec: Invalid value: too big',
    )
    const refused = await api.post(boxes, box('bad', { colour: 'green', size: 8 }))
    expect([refused.status, refused.json.reason]).toEqual([422, 'Invalid'])
    const fields = refused.json.details.causes.map(({ field, message }: Wire) => `${field}: ${message}`)
    expect(fields).toEqual([
      'spec.colour: Unsupported value: "green": supported values: "red", "blue"',
      expect.stringContaining('some validation rules were not checked because the object was invalid'),
    ])
  })

  test('have a status and a scale of their own', async () => {
    await api.expect(
      201,
      api.post(boxes, { ...box('scaled', { colour: 'red', replicas: 2 }), status: { replicas: 9 } }),
    )
    const status = { replicas: 2, selector: 'app=scaled', phase: 'Fine' }
    const shown = await api.expect(200, api.patch(`${boxes}/scaled/status`, 'merge', { status, spec: { size: 5 } }))
    expect([shown.status, shown.spec.size, shown.metadata.generation]).toEqual([status, 3, 1])
    expect(await api.expect(200, api.get(`${boxes}/scaled/scale`))).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 2, selector: 'app=scaled' },
    })
    const scaled = await api.expect(200, api.patch(`${boxes}/scaled/scale`, 'merge', { spec: { replicas: 4 } }))
    expect(scaled.spec.replicas).toBe(4)
    expect((await api.get(`${boxes}/scaled`)).json).toMatchObject({
      spec: { replicas: 4 },
      metadata: { generation: 2 },
    })
  })

  test('are selected by the fields that their version names, in lists and watches', async () => {
    await api.expect(201, api.post(boxes, box('blue', { colour: 'blue' })))
    const { json } = await api.get(`${boxes}?fieldSelector=spec.colour=blue`)
    expect(json.items.map(({ metadata }: Wire) => metadata.name)).toEqual(['blue'])
    await using watch = await api.watch(`${boxes}?fieldSelector=spec.colour=blue`)
    expect(await watch.take(1)).toEqual(['ADDED blue'])
    await api.patch(`${boxes}/blue`, 'merge', { spec: { colour: 'red' } })
    expect(await watch.take(1)).toEqual(['DELETED blue'])
    const { status, text } = await api.get(
      `/apis/box.example.com/v2/namespaces/default/boxes?fieldSelector=spec.colour=red`,
    )
    expect([status, text]).toEqual([400, expect.stringContaining('field label not supported: spec.colour')])
  })

  test('are shown by the columns that their version names', async () => {
    await api.expect(201, api.post(boxes, box('shown', { colour: 'red' })))
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const { json } = await api.get(`${boxes}/shown`, { accept })
    expect(json.columnDefinitions.map(({ name }: Wire) => name)).toEqual(['Name', 'Colour'])
    expect(json.rows[0].cells).toEqual(['shown', 'red'])
  })

  test('of one version are those of the other', async () => {
    await api.expect(201, api.post(boxes, box('both', { colour: 'red' })))
    const { json } = await api.get('/apis/box.example.com/v2/namespaces/default/boxes/both')
    expect(json).toMatchObject({ apiVersion: 'box.example.com/v2', kind: 'Boxe', spec: { colour: 'red' } })
  })

  test('know no strategic merge patch, but all others', async () => {
    await api.expect(201, api.post(boxes, box('patched', { colour: 'red' })))
    expect((await api.patch(`${boxes}/patched`, 'strategic', { spec: { size: 4 } })).status).toBe(415)
    await api.expect(200, api.patch(`${boxes}/patched`, 'json', [{ op: 'replace', path: '/spec/size', value: 4 }]))
    await api.expect(200, api.patch(`${boxes}/patched`, 'merge', { spec: { colour: 'blue' } }))
    const applied = { ...box('patched', { size: 5 }) }
    const path = `${boxes}/patched?fieldManager=another`
    const conflict = await api.expect(409, api.patch(path, 'apply', applied))
    expect(conflict.details.causes.map(({ field }: Wire) => field)).toEqual(['.spec.size'])
    const { spec } = await api.expect(200, api.patch(`${path}&force=true`, 'apply', applied))
    expect(spec).toEqual({ colour: 'blue', size: 5 })
  })

  test('keep a default that was stored once it is the default no longer', async () => {
    const path = await define({ plural: 'defaults' })
    const collection = '/apis/box.example.com/v1/namespaces/default/defaults'
    const object = (name: string): object => ({ ...box(name, { colour: 'red' }), kind: 'Default' })
    await api.expect(201, api.post(collection, object('before')))
    const withDefault = (colourSize: object | undefined): object => {
      const { size: _size, ...properties } = SCHEMA.properties.spec.properties
      const spec = {
        ...SCHEMA.properties.spec,
        properties: { ...properties, size: { type: 'integer', ...colourSize } },
        'x-kubernetes-validations': null,
      }
      const schema = { openAPIV3Schema: { ...SCHEMA, properties: { ...SCHEMA.properties, spec } } }
      return { spec: { versions: [{ ...version('v1', { storage: true }), schema }] } }
    }
    await api.expect(200, api.patch(path, 'merge', withDefault(undefined)))
    await api.expect(201, api.post(collection, object('without')))
    expect((await api.get(`${collection}/before`)).json.spec.size).toBe(3)
    expect((await api.get(`${collection}/without`)).json.spec).not.toHaveProperty('size')
    await api.expect(200, api.patch(path, 'merge', withDefault({ default: 5 })))
    expect((await api.get(`${collection}/before`)).json.spec.size).toBe(3)
    expect((await api.get(`${collection}/without`)).json.spec.size).toBe(5)
  })
})
