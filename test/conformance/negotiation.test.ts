import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeProtobuf } from '../../src/api/protobuf/protobuf.ts'
import { parseYaml } from '../../src/api/yaml.ts'
import { type Reply, ServedApi } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

const DEFAULT = '/api/v1/namespaces/default'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1'
const METADATA = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

/** Even the refusal comes in a form that the client takes, if there is one. */
function read({ headers, bytes, text, json }: Reply): unknown {
  if (headers['content-type'] === PROTOBUF) return decodeProtobuf(bytes)
  return headers['content-type'] === 'application/yaml' ? parseYaml(text).value : json
}

describe('the form of an answer', () => {
  test.each([
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/yaml', 'application/yaml'],
    [PROTOBUF, PROTOBUF],
    [`${PROTOBUF}, application/json`, PROTOBUF],
    ['application/yaml;q=0.2, application/json;q=0.5', 'application/json'],
    ['text/html, application/yaml;q=0.9, */*;q=0.1', 'application/yaml'],
    ['application/json;charset=utf-8', 'application/json'],
    ['application/json;stream=watch', 'application/json'],
    [`application/json;as=Unheard;g=meta.k8s.io;v=v1, application/yaml`, 'application/yaml'],
  ])('%s is answered as %s', async (accept, type) => {
    const { status, headers } = await api.get(DEFAULT, { accept })
    expect([status, headers['content-type']]).toEqual([200, type])
  })

  test('YAML has its keys in order, quotes what YAML 1.1 would misread, and repeats instead of referring', async () => {
    const { text } = await api.get(DEFAULT, { accept: 'application/yaml' })
    const value = parseYaml(text).value as { metadata: { creationTimestamp: unknown } }
    expect(value).toEqual((await api.get(DEFAULT)).json)
    expect(text.match(/^\w+/gm)).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status'])
    expect(text).toMatch(/creationTimestamp: "\d{4}/)
    expect(text).not.toMatch(/[&*]a1/)
  })

  test('protobuf of an object, a list and a failure', async () => {
    const one = await api.get(DEFAULT, { accept: PROTOBUF })
    expect(decodeProtobuf(one.bytes)).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } })
    const list = await api.get('/api/v1/namespaces', { accept: PROTOBUF })
    expect(decodeProtobuf(list.bytes)).toMatchObject({
      kind: 'NamespaceList',
      items: [{ metadata: { name: 'default' } }, {}, {}, {}],
    })
    const missing = await api.get('/api/v1/namespaces/nowhere', { accept: PROTOBUF })
    expect(missing.headers['content-type']).toBe(PROTOBUF)
    expect(decodeProtobuf(missing.bytes)).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound' })
  })

  test.each([
    ['/api/v1/namespaces/default', {}, /^\{"/],
    ['/api/v1/namespaces/default?pretty=true', {}, /^\{\n {2}"/],
    ['/api/v1/namespaces?pretty=1', {}, /^\{\n {2}"/],
    ['/api/v1/namespaces/default', { 'user-agent': 'curl/8.0' }, /^\{\n {2}"/],
    ['/api/v1/namespaces/default?pretty=false', { 'user-agent': 'curl/8.0' }, /^\{"/],
    ['/api/v1/namespaces/nowhere?pretty=true', {}, /^\{\n {2}"kind": "Status"/],
  ])('people read it indented, programs do not: %s %j', async (path, headers, shape) => {
    expect((await api.get(path, { headers })).text).toMatch(shape)
  })

  test('large answers are compressed for those who take that, small ones are not', async () => {
    const gzip = { 'accept-encoding': 'gzip' }
    const large = await api.get('/apis/rbac.authorization.k8s.io/v1/clusterroles', { headers: gzip })
    const plain = await api.get('/apis/rbac.authorization.k8s.io/v1/clusterroles')
    if (plain.bytes.length >= 128 * 1024) {
      expect(large.headers['content-encoding']).toBe('gzip')
      expect(gunzipSync(large.bytes).toString()).toBe(plain.text)
    }
    const openApi = await api.get('/openapi/v2', { headers: gzip })
    expect(openApi.headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(gunzipSync(openApi.bytes).toString())).toHaveProperty('swagger', '2.0')
    expect((await api.get(DEFAULT, { headers: gzip })).headers['content-encoding']).toBeUndefined()
  })
})

describe('a form that cannot be had is answered with 406', () => {
  const ALL = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
  const STREAMS = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
  test.each([
    [DEFAULT, 'text/html', `406: Not Acceptable\n\nAvailable representations: ${ALL}`],
    ['/api/v1/namespaces', 'text/html', `406: Not Acceptable\n\nAvailable representations: ${ALL}, ${STREAMS}`],
    [DEFAULT, 'application/json;as=Unheard;g=meta.k8s.io;v=v1', `only the following media types are accepted: ${ALL}`],
    [DEFAULT, `${PROTOBUF};as=Table;g=meta.k8s.io;v=v1`, `only the following media types are accepted: ${ALL}`],
    ['/api/v1/namespaces?watch=1', 'application/yaml', `only the following media types are accepted: ${STREAMS}`],
    ['/apis/argoproj.io/v1alpha1/rollouts', PROTOBUF, `only the following media types are accepted: ${ALL}`],
    ['/apis/argoproj.io/v1alpha1/rollouts', 'text/html', `only the following media types are accepted: ${ALL}`],
  ])('%s as %s', async (path, accept, message) => {
    const reply = await api.get(path, { accept })
    expect(reply.status).toBe(406)
    expect(read(reply)).toMatchObject({ kind: 'Status', reason: 'NotAcceptable', message })
  })

  test('a question has no table, and nothing is asked', async () => {
    const { status } = await api.post(
      REVIEWS,
      { spec: { nonResourceAttributes: { verb: 'get', path: '/' } } },
      { accept: TABLE },
    )
    expect(status).toBe(406)
  })

  test('a write in a form that cannot be had writes nothing', async () => {
    const { status } = await api.post('/api/v1/namespaces', { metadata: { name: 'unheard' } }, { accept: 'text/html' })
    expect([status, (await api.get('/api/v1/namespaces/unheard')).status]).toEqual([406, 404])
  })
})

describe('tables', () => {
  test('of a list: columns, cells, and the metadata of each object', async () => {
    const { json } = await api.get('/api/v1/namespaces?limit=2', { accept: TABLE })
    expect(json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(json.metadata).toMatchObject({
      remainingItemCount: 2,
      continue: expect.any(String),
      resourceVersion: expect.any(String),
    })
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(['Name', 'Status', 'Age'])
    expect(json.rows[0]).toMatchObject({
      cells: ['default', 'Active', expect.any(String)],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'default' } },
    })
  })

  test.each([
    ['None', null],
    ['Object', expect.objectContaining({ kind: 'Namespace', spec: expect.anything() })],
    ['Metadata', expect.objectContaining({ kind: 'PartialObjectMetadata' })],
  ])('rows carry what is asked for: %s', async (includeObject, object) => {
    const { json } = await api.get(`${DEFAULT}?includeObject=${includeObject}`, { accept: TABLE })
    expect(json.rows[0].object).toEqual(object)
  })

  test('rows carry nothing else', async () => {
    const { status, json } = await api.get(`${DEFAULT}?includeObject=All`, { accept: TABLE })
    expect(status).toBe(400)
    expect(json.message).toBe(
      `Unable to convert to Table as requested: includeObject: Invalid value: "All": must be 'Metadata', 'Object', 'None', or empty`,
    )
  })

  test('of a kind that names no columns: name and time of creation', async () => {
    const { json } = await api.get('/api/v1/namespaces/kube-system/configmaps', { accept: TABLE })
    expect(json.columnDefinitions[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 })
  })

  test('of a watch: the columns come with the first event alone', async () => {
    await using watch = await api.watch('/api/v1/namespaces', { accept: TABLE })
    const [first, second] = [await watch.next(), await watch.next()]
    expect(first.object.columnDefinitions).toHaveLength(3)
    expect(second.object.columnDefinitions).toBeNull()
    expect([first.type, second.object.rows[0].cells[0]]).toEqual(['ADDED', 'kube-node-lease'])
  })

  test('also as YAML, and in the older version', async () => {
    const { text } = await api.get(DEFAULT, { accept: 'application/yaml;as=Table;g=meta.k8s.io;v=v1beta1' })
    expect(parseYaml(text).value).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1beta1' })
  })
})

describe('metadata alone', () => {
  test('of an object and of a list, in JSON and in protobuf', async () => {
    const one = await api.get(DEFAULT, { accept: `application/json;${METADATA}` })
    expect(Object.keys(one.json).toSorted()).toEqual(['apiVersion', 'kind', 'metadata'])
    const list = await api.get('/api/v1/namespaces', {
      accept: `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`,
    })
    expect(list.headers['content-type']).toBe(PROTOBUF)
    expect(decodeProtobuf(list.bytes)).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ metadata: { name: 'default' } }, {}, {}, {}],
    })
  })

  test('a list is no object, and an object is no list', async () => {
    const list = await api.get('/api/v1/namespaces', { accept: `application/json;${METADATA}` })
    expect([list.status, list.json.message]).toEqual([
      406,
      'you requested PartialObjectMetadata, but the requested object is a list (*core.NamespaceList)',
    ])
    const one = await api.get(DEFAULT, { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' })
    expect(one.status).toBe(406)
  })

  test('of custom resources, which have no protobuf form themselves', async () => {
    const accept = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`
    const { status, bytes } = await api.get('/apis/argoproj.io/v1alpha1/rollouts', { accept })
    expect(status).toBe(200)
    expect(decodeProtobuf(bytes)).toMatchObject({ kind: 'PartialObjectMetadataList' })
  })
})
