import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

const NOT_ALLOWED = 'the server does not allow this method on the requested resource'

describe('the root', () => {
  test('lists the paths that are no resource, in order', async () => {
    const { json } = await api.get('/')
    expect(json.paths).toEqual(json.paths.toSorted())
    expect(json.paths).toEqual(
      expect.arrayContaining([
        '/api',
        '/api/v1',
        '/apis',
        '/apis/apps/v1',
        '/healthz',
        '/livez/ping',
        '/metrics',
        '/version',
      ]),
    )
    for (const path of json.paths.filter((one: string) => !one.startsWith('/apis/') && one !== '/openapi/v3/')) {
      expect([path, (await api.get(path)).status]).toEqual([path, 200])
    }
  })

  test('the version is made of digits, and anybody may ask for it', async () => {
    const { json } = await api.get('/version', { as: 'nobody' })
    expect([json.major, json.minor]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+/)])
    expect(json.gitVersion).toMatch(/^v1\.\d+\.\d+/)
  })
})

describe('health', () => {
  test.each(['/healthz', '/livez', '/readyz', '/livez/ping', '/readyz/etcd', '/readyz/shutdown'])(
    '%s is ok',
    async (path) => {
      const { status, text, headers } = await api.get(path, { as: path.split('/').length > 2 ? 'admin' : 'nobody' })
      expect([status, text, headers['content-type']]).toEqual([200, 'ok', 'text/plain; charset=utf-8'])
    },
  )

  test('tells each check where it is asked to, and leaves out those that are excluded', async () => {
    const all = (await api.get('/readyz?verbose')).text
    expect(all).toMatch(/^\[\+\]ping ok\n\[\+\]etcd ok\n/)
    expect(all).toMatch(/\[\+\]informer-sync ok\n\[\+\]shutdown ok\nreadyz check passed\n$/)
    const some = (await api.get('/livez?verbose&exclude=etcd&exclude=luck')).text
    expect(some).toContain('[+]etcd excluded: ok\n')
    expect(some).toContain('warn: some health checks cannot be excluded: no matches for "luck"\nlivez check passed\n')
  })

  test('a check that there is not is not found', async () => {
    expect((await api.get('/livez/luck')).status).toBe(404)
  })
})

test('metrics count what was asked', async () => {
  await api.get('/api/v1/namespaces/default/configmaps')
  const { text, headers } = await api.get('/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(text).toMatch(
    /^apiserver_request_total\{code="200",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="LIST",version="v1"\} 1$/m,
  )
  expect(text).toMatch(/^apiserver_storage_objects\{resource="namespaces"\} 4$/m)
  expect(text).toMatch(/^process_resident_memory_bytes \d{6,}$/m)
  expect((await api.get('/metrics', { as: 'nobody' })).status).toBe(403)
})

describe('what is not there', () => {
  test.each(['/nowhere', '/apis/nowhere.in', '/apis/nowhere.in/v1/things', '/apis/argoproj.io/v1alpha1/things'])(
    '%s is no page',
    async (path) => {
      const { status, text, headers } = await api.get(path)
      expect([status, text, headers['x-content-type-options']]).toEqual([404, '404 page not found\n', 'nosniff'])
    },
  )

  test.each([
    '/api/v1/things',
    '/apis/apps/v1/things',
    '/api/v1/namespaces/default/nodes',
    '/api/v1/pods/web',
    '/api/v1/namespaces/default/pods/web/things',
  ])('%s is no resource', async (path) => {
    const { status, json } = await api.get(path)
    expect([status, json.reason, json.message, json.details]).toEqual([
      404,
      'NotFound',
      'the server could not find the requested resource',
      {},
    ])
  })
})

describe('methods that a path does not have', () => {
  test.each([
    ['PUT', '/api/v1/namespaces/default/pods'],
    ['POST', '/api/v1/namespaces/default/pods/web'],
    ['POST', '/api/v1/pods'],
    ['DELETE', '/api/v1/pods'],
    ['PATCH', '/api/v1/namespaces'],
    ['DELETE', '/api/v1/namespaces'],
    ['OPTIONS', '/api/v1/namespaces'],
    ['DELETE', '/api/v1/componentstatuses/etcd-0'],
    ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
    ['POST', '/api/v1/namespaces/default/pods/web/status'],
    ['GET', '/api/v1/namespaces/default/pods/web/eviction'],
    ['POST', '/version'],
    ['POST', '/apis'],
  ])('%s %s', async (method, path) => {
    const { status, json } = await api.call(method, path)
    expect([status, json.reason, json.message]).toEqual([405, 'MethodNotAllowed', NOT_ALLOWED])
  })

  test('HEAD is none of the API', async () => {
    expect((await api.call('HEAD', '/api/v1/namespaces/default')).status).toBe(405)
  })
})

describe('a request says how long it may take', () => {
  test("in Go's words for durations", async () => {
    const { status, json } = await api.get('/api/v1/namespaces?timeout=soon')
    expect([status, json.message]).toEqual([
      400,
      'invalid timeout specified in the request URL - time: invalid duration "soon"',
    ])
  })

  test('and is answered by then', async () => {
    const { status, json } = await api.get('/api/v1/namespaces?resourceVersion=999999999&timeout=200ms')
    expect([status, json.reason, json.message]).toEqual([
      504,
      'Timeout',
      'Timeout: request did not complete within the allotted timeout',
    ])
  })
})

describe('every answer', () => {
  test('names its audit entry, its flow schema and its priority level', async () => {
    const { headers } = await api.get('/api/v1/nodes')
    expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/)
    const base = '/apis/flowcontrol.apiserver.k8s.io/v1'
    const schema = (await api.get(`${base}/flowschemas/exempt`)).json
    const level = (await api.get(`${base}/prioritylevelconfigurations/exempt`)).json
    expect(headers['x-kubernetes-pf-flowschema-uid']).toBe(schema.metadata.uid)
    expect(headers['x-kubernetes-pf-prioritylevel-uid']).toBe(level.metadata.uid)
  })

  test.each([
    ['/healthz', 'probes', 'exempt'],
    ['/version', 'global-default', 'global-default'],
    ['/api/v1/nodes', 'global-default', 'global-default'],
  ])('of %s to a stranger: schema %s, level %s', async (path, schemaName, levelName) => {
    const { headers } = await api.get(path, { as: 'nobody' })
    const base = '/apis/flowcontrol.apiserver.k8s.io/v1'
    const schema = (await api.get(`${base}/flowschemas/${schemaName}`)).json
    const level = (await api.get(`${base}/prioritylevelconfigurations/${levelName}`)).json
    expect(headers['x-kubernetes-pf-flowschema-uid']).toBe(schema.metadata.uid)
    expect(headers['x-kubernetes-pf-prioritylevel-uid']).toBe(level.metadata.uid)
  })

  test('a schema that is made later counts from then on', async () => {
    const body = {
      metadata: { name: 'strangers' },
      spec: {
        priorityLevelConfiguration: { name: 'catch-all' },
        matchingPrecedence: 50,
        rules: [
          {
            subjects: [{ kind: 'Group', group: { name: 'system:unauthenticated' } }],
            nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/version'] }],
          },
        ],
      },
    }
    const { json, status, text } = await api.post('/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas', body)
    expect(status, text).toBe(201)
    const { headers } = await api.get('/version', { as: 'nobody' })
    expect(headers['x-kubernetes-pf-flowschema-uid']).toBe(json.metadata.uid)
  })
})
