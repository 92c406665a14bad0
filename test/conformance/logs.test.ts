import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
const ROOT = `/api/v1/namespaces/${await api.namespace('logged')}`
afterAll(() => api[Symbol.asyncDispose]())

beforeAll(async () => {
  await api.expect(
    201,
    api.post('/apis/dabba.dev/v1alpha1/workloadmodels', {
      apiVersion: 'dabba.dev/v1alpha1',
      kind: 'WorkloadModel',
      metadata: { name: 'talker' },
      spec: {
        selector: { images: ['registry.example/talker:*'] },
        logs: { periodic: [{ line: 'open for orders', every: '50ms' }] },
      },
    }),
  )
  const containers = ['talker', 'other'].map((name) => ({ name, image: `registry.example/${name}:1` }))
  const initContainers = [{ name: 'first', image: 'registry.example/first:1' }]
  await api.expect(201, api.post(`${ROOT}/pods`, { metadata: { name: 'talks' }, spec: { containers, initContainers } }))
  const unbound = { schedulerName: 'nobody', containers: [{ name: 'main', image: 'registry.example/talker:1' }] }
  await api.expect(201, api.post(`${ROOT}/pods`, { metadata: { name: 'waits' }, spec: unbound }))
  await eventually(async () => (await api.get(`${ROOT}/pods/talks/log?container=talker`)).text.split('\n').length > 5)
})

describe('the log of a container', () => {
  const path = `${ROOT}/pods/talks/log?container=talker`

  test('is plain text', async () => {
    const { status, headers, text } = await api.get(path)
    expect([status, headers['content-type']]).toEqual([200, 'text/plain'])
    expect(text).toMatch(/open for orders\n/)
  })

  test('by its last lines, with their times, or by bytes', async () => {
    expect((await api.get(`${path}&tailLines=2`)).text.match(/\n/g)).toHaveLength(2)
    expect((await api.get(`${path}&tailLines=0`)).text).toBe('')
    expect((await api.get(`${path}&tailLines=1&timestamps`)).text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /)
    expect((await api.get(`${path}&limitBytes=7`)).text).toHaveLength(7)
  })

  test('is followed until the reader leaves', async () => {
    const response = await api.open('GET', `${path}&follow=true&tailLines=0`)
    let text = ''
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8')
      if (text.split('\n').length > 3) break
    }
    expect(text).toMatch(/open for orders\n.*open for orders\n/s)
  })

  test.each([
    [
      'talks/log',
      400,
      'a container name must be specified for pod talks, choose one of: [talker other] or one of the init containers: [first]',
    ],
    ['talks/log?container=none', 400, 'container none is not valid for pod talks'],
    [
      'talks/log?container=talker&previous=true',
      400,
      'previous terminated container "talker" in pod "talks" not found',
    ],
    ['talks/log?container=talker&tailLines=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    [
      'talks/log?container=talker&tailLines=-1',
      422,
      'PodLogOptions "talks" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['talks/log?container=talker&sinceSeconds=0', 422, 'sinceSeconds: Invalid value: 0: must be greater than 0'],
    ['talks/log?container=talker&limitBytes=0', 422, 'limitBytes: Invalid value: 0: must be greater than 0'],
    [
      'talks/log?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
      422,
      ': Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    ['waits/log', 400, 'pod waits does not have a host assigned'],
    ['gone/log', 404, 'pods "gone" not found'],
  ])('%s is refused', async (rest, code, message) => {
    const { status, json } = await api.get(`${ROOT}/pods/${rest}`)
    expect([status, json.message]).toEqual([code, expect.stringContaining(message)])
  })
})

describe('the log of a pod’s proxy', async () => {
  const labels = { 'istio-injection': 'enabled' }
  await api.expect(201, api.post('/api/v1/namespaces', { metadata: { name: 'meshed', labels } }))
  const pods = '/api/v1/namespaces/meshed/pods'
  const containers = [{ name: 'app', image: 'registry.example/other:1' }]
  await api.expect(201, api.post(pods, { metadata: { name: 'web' }, spec: { containers } }))
  await eventually(async () => (await api.get(`${pods}/web`)).json.status.podIP !== undefined)
  const forLogs = { headers: { 'kubectl-command': 'kubectl logs' } }
  const names = (pod: Wire): readonly string[] => (pod.spec.initContainers ?? []).map((one: Wire) => one.name)

  test('is there beside those of its containers, for who asks for it', async () => {
    const { status, text } = await api.get(`${pods}/web/log?container=istio-proxy`)
    expect([status, text]).toEqual([200, ''])
    expect((await api.get(`${pods}/web/log`)).status).toBe(200)
  })

  test('is looked for by kubectl among the containers of the pod, which nobody else is shown there', async () => {
    expect(names((await api.get(`${pods}/web`, forLogs)).json)).toEqual(['istio-proxy'])
    expect((await api.get(pods, forLogs)).json.items.map(names)).toEqual([['istio-proxy']])
    expect(names((await api.get(`${pods}/web`)).json)).toEqual([])
    expect(names((await api.get(`${pods}/web`, { headers: { 'kubectl-command': 'kubectl get' } })).json)).toEqual([])
    expect(names((await api.get(`${ROOT}/pods/talks`, forLogs)).json)).toEqual(['first'])
  })
})
