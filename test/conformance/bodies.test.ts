import { afterAll, describe, expect, test } from 'vitest'
import { encodeProtobuf } from '../../src/api/protobuf/protobuf.ts'
import { ServedApi } from './served-api.ts'

const api = await ServedApi.start({ nodes: 0 })
afterAll(() => api[Symbol.asyncDispose]())

const PATH = '/api/v1/namespaces/default/configmaps'
const ROLLOUTS = '/apis/argoproj.io/v1alpha1/namespaces/default/rollouts'
const YAML = 'application/yaml'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'

async function refusal(
  method: string,
  path: string,
  body: unknown,
  type = 'application/json',
): Promise<[number, string, string]> {
  const { status, json } = await api.call(method, path, { body, type })
  return [status, json.reason, json.message]
}

describe('a body that is no object', () => {
  const MUST = 'the object provided is unrecognized (must be of type ConfigMap): '
  const PARSE = `${MUST}couldn't get version/kind; json parse error: `
  const INTO = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  test.each([
    ['', `${PARSE}unexpected end of JSON input (<empty>)`],
    [
      '{"metadata":{"name":"x"},}',
      `${PARSE}invalid character '}' looking for beginning of object key string ({"metadata":{"name":"x"},})`,
    ],
    ['{"a":tru}', `${PARSE}invalid character '}' in literal true (expecting 'e') ({"a":tru})`],
    ['hello', `${PARSE}invalid character 'h' looking for beginning of value (68656c6c6f)`],
    [
      `{"metadata":{"name":"a-name-that-is-long",}}`,
      `${PARSE}invalid character '}' looking for beginning of object key string ({"metadata":{"name":"a-name-th ...)`,
    ],
    ['[]', `${PARSE}json: cannot unmarshal array into Go value of type ${INTO} (5b5d)`],
    ['{"kind":1}', `${PARSE}json: cannot unmarshal number into Go struct field .kind of type string ({"kind":1})`],
    ['{"apiVersion":"a/b/c"}', `${MUST}unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`],
  ])('%j', async (body, message) => {
    expect(await refusal('POST', PATH, body)).toEqual([400, 'BadRequest', message])
  })

  test('in YAML', async () => {
    expect(await refusal('POST', PATH, 'a: b: c', YAML)).toEqual([
      400,
      'BadRequest',
      `${MUST}yaml: line 1: mapping values are not allowed in this context (613a20623a2063)`,
    ])
  })

  test('in protobuf', async () => {
    const [code, reason, message] = await refusal('POST', PATH, Buffer.from('nonsense'), PROTOBUF)
    expect([code, reason]).toEqual([400, 'BadRequest'])
    expect(message).toMatch(/^the object provided is unrecognized \(must be of type ConfigMap\): /)
  })

  test('in a form that nobody reads', async () => {
    const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
    expect(await refusal('POST', PATH, '{}', 'text/plain')).toEqual([
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
    ])
  })

  test('or is too large', async () => {
    const body = JSON.stringify({ metadata: { name: 'large' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } })
    expect(await refusal('POST', PATH, body)).toEqual([
      413,
      'RequestEntityTooLarge',
      'Request entity too large: limit is 3145728',
    ])
    expect((await api.get(`${PATH}/large`)).status).toBe(404)
  })
})

describe('a body that is another object', () => {
  test.each([
    [
      'v1',
      'Pod',
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      'apps/v1',
      'Deployment',
      'Deployment in version "v1" cannot be handled as a ConfigMap: converting (v1.Deployment) to (core.ConfigMap): unknown conversion',
    ],
    [
      'v1',
      'Cart',
      'Cart in version "v1" cannot be handled as a ConfigMap: no kind "Cart" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      'bazaar.in/v1',
      'ConfigMap',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "bazaar.in/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
  ])('%s %s', async (apiVersion, kind, message) => {
    expect(await refusal('POST', PATH, { apiVersion, kind, metadata: { name: 'x' } })).toEqual([
      400,
      'BadRequest',
      message,
    ])
  })

  test('of another version of its kind', async () => {
    const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers'
    const body = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'x' } }
    expect(await refusal('POST', path, body)).toEqual([
      400,
      'BadRequest',
      'the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)',
    ])
  })

  test('custom resources must say what they are', async () => {
    expect((await refusal('POST', ROLLOUTS, { metadata: { name: 'm' } }))[2]).toBe(
      `the object provided is unrecognized (must be of type Rollout): Object 'Kind' is missing in '{"metadata":{"name":"m"}}' ({"metadata":{"name":"m"}})`,
    )
    const other = { apiVersion: 'v1', kind: 'Rollout', metadata: { name: 'm' } }
    expect((await refusal('POST', ROLLOUTS, other))[2]).toBe(
      'the API version in the data (v1) does not match the expected API version (argoproj.io/v1alpha1)',
    )
    const kind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Cart', metadata: { name: 'm' } }
    expect((await refusal('POST', ROLLOUTS, kind))[2]).toContain('kind: Invalid value: "Cart": must be Rollout')
  })
})

test.each([
  [{ metadata: [] }, 'json: cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta'],
  [{ data: { a: 1 } }, 'json: cannot unmarshal number into Go struct field ConfigMap.data of type string'],
  [{ immutable: 'yes' }, 'json: cannot unmarshal string into Go struct field ConfigMap.immutable of type bool'],
])('a field of another type: %j', async (body, why) => {
  const [code, , message] = await refusal('POST', PATH, body)
  expect([code, message]).toEqual([400, `ConfigMap in version "v1" cannot be handled as a ConfigMap: ${why}`])
})

describe('a body in', () => {
  test('YAML, as YAML 1.1', async () => {
    const { status, json, text } = await api.post(
      PATH,
      'metadata: {name: in-yaml}\ndata: {a: "yes"}\nimmutable: on\n',
      { type: YAML },
    )
    expect(status, text).toBe(201)
    expect([json.data, json.immutable]).toEqual([{ a: 'yes' }, true])
  })

  test('protobuf', async () => {
    const body = encodeProtobuf({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'in-protobuf' },
      data: { a: '1' },
    } as never)
    const { status, json, text } = await api.post(PATH, body, { type: PROTOBUF })
    expect(status, text).toBe(201)
    expect(json.data).toEqual({ a: '1' })
  })

  test('JSON with a charset, or without a word about it', async () => {
    const first = await api.post(PATH, { metadata: { name: 'charset' } }, { type: 'application/json; charset=utf-8' })
    const second = await api.post(PATH, { metadata: { name: 'silent' } }, { headers: { 'content-type': '' } })
    expect([first.status, second.status]).toEqual([201, 201])
  })
})

describe('unknown and duplicate fields', () => {
  const unknown = (name: string): string =>
    `{"metadata":{"name":"${name}","mood":"good"},"dta":{},"data":{"a":"1","a":"2"}}`
  const FOUND = ['unknown field "metadata.mood"', 'unknown field "dta"', 'duplicate field "data.a"']

  test('are warned of, unless the client says otherwise', async () => {
    for (const query of ['', '?fieldValidation=Warn', '?fieldValidation=']) {
      const { status, headers, json } = await api.post(PATH + query, unknown(`warned-${query.length}`))
      expect([status, json.data, json.dta]).toEqual([201, { a: '2' }, undefined])
      for (const problem of FOUND) expect(headers['warning']).toContain(problem.replaceAll('"', '\\"'))
    }
  })

  test('are ignored', async () => {
    const { status, headers } = await api.post(`${PATH}?fieldValidation=Ignore`, unknown('ignored'))
    expect([status, headers['warning']]).toEqual([201, undefined])
  })

  test('are refused', async () => {
    const { status, json } = await api.post(`${PATH}?fieldValidation=Strict`, unknown('strict'))
    expect(status).toBe(400)
    expect(json.message).toMatch(/^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: /)
    for (const problem of FOUND) expect(json.message).toContain(problem)
    expect((await api.get(`${PATH}/strict`)).status).toBe(404)
  })

  test('in YAML are told with their lines', async () => {
    const body = 'metadata:\n  name: lines\ndta: {}\ndata:\n  a: "1"\n  a: "2"\n'
    const { status, json } = await api.post(`${PATH}?fieldValidation=Strict`, body, { type: YAML })
    expect([status, json.message]).toEqual([
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 6: key "a" already set in map, unknown field "dta"',
    ])
  })

  test('of an update and of every patch', async () => {
    await api.post(PATH, { metadata: { name: 'patched' }, data: { a: '1' } })
    const path = `${PATH}/patched?fieldValidation=Strict`
    const put = await api.put(path, { metadata: { name: 'patched' }, dta: {} })
    expect([put.status, put.json.message]).toEqual([
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"',
    ])
    const merge = await api.patch(path, 'merge', '{"dta":{},"data":{"b":"1","b":"2"}}')
    expect([merge.status, merge.json.reason]).toEqual([422, 'Invalid'])
    expect(merge.json.message).toMatch(/^ "" is invalid: patch: Invalid value: ".*": strict decoding error: /)
    expect(merge.json.message).toContain('unknown field "dta"')
    expect(merge.json.message).toContain('duplicate field "data.b"')
    const strategic = await api.patch(path, 'strategic', { dta: {} })
    expect([strategic.status, strategic.json.message]).toEqual([422, expect.stringContaining('unknown field "dta"')])
    const steps = await api.patch(path, 'json', [{ op: 'add', path: '/data/c', value: '1', mood: 'good' }])
    expect([steps.status, steps.json.message]).toEqual([
      422,
      expect.stringContaining('json patch unknown field "[0].mood"'),
    ])
    const apply = await api.patch(
      `${path}&fieldManager=a`,
      'apply',
      'apiVersion: v1\nkind: ConfigMap\ndata:\n  z: "1"\n  z: "2"\n',
    )
    expect([apply.status, apply.json.message]).toEqual([
      400,
      'error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key "z" already set in map',
    ])
    expect((await api.get(`${PATH}/patched`)).json.data).toEqual({ a: '1' })
  })

  test('of custom resources, at the root, in metadata and within', async () => {
    const body = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'x', mood: 'good' },
      mood: 'good',
      spec: { metrics: [{ name: 'm', mood: 'good', provider: { job: {} } }] },
    }
    const path = '/apis/argoproj.io/v1alpha1/namespaces/default/analysistemplates?fieldValidation=Strict'
    const { status, json } = await api.post(path, body)
    expect(status).toBe(400)
    for (const field of ['metadata.mood', 'mood', 'spec.metrics[0].mood'])
      expect(json.message).toContain(`unknown field "${field}"`)
  })
})

describe('options that mean nothing', () => {
  const created = 'CreateOptions.meta.k8s.io "" is invalid: '
  test.each([
    ['dryRun=Some', `${created}dryRun: Unsupported value: ["Some"]: supported values: "All"`],
    [
      'fieldValidation=Maybe',
      `${created}fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"`,
    ],
    [`fieldManager=${'x'.repeat(129)}`, `${created}fieldManager: Too long: may not be more than 128 bytes`],
    ['fieldManager=a%0Ab', `${created}fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)`],
  ])('%s', async (query, message) => {
    expect(await refusal('POST', `${PATH}?${query}`, { metadata: { name: 'never' } })).toEqual([
      422,
      'Invalid',
      message,
    ])
    expect((await api.get(`${PATH}/never`)).status).toBe(404)
  })

  test('force is for applies', async () => {
    const { json } = await api.patch(`${PATH}/x?force=true`, 'merge', {})
    expect(json.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    )
  })

  test('applies name their manager', async () => {
    const { json } = await api.patch(`${PATH}/x`, 'apply', 'apiVersion: v1\nkind: ConfigMap\n')
    expect(json.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
  })
})
