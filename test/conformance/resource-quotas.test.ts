import { afterAll, describe, expect, test } from 'vitest'
import { eventually, ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

/** A namespace with one quota. */
async function quota(name: string, spec: object): Promise<{ root: string; used(): Promise<Wire> }> {
  const root = `/api/v1/namespaces/${await api.namespace(name)}`
  await api.post(`${root}/resourcequotas`, { metadata: { name: 'quota' }, spec })
  const status = async (): Promise<Wire> => (await api.get(`${root}/resourcequotas/quota`)).json.status ?? {}
  await eventually(async () => (await status()).used !== undefined)
  return { root, used: async () => (await status()).used }
}

function pod(name: string, resources: object, more: object = {}): object {
  const container = { name: 'main', image: 'registry.example/a', resources }
  return { metadata: { name }, spec: { schedulerName: 'nobody', containers: [container], ...more } }
}

test('a quota tells its limits and what is used as soon as it is there', async () => {
  const { root, used } = await quota('told', { hard: { configmaps: '9', secrets: '9' } })
  // Each namespace has the certificate of the authority.
  await eventually(async () => (await used()).configmaps === '1')
  const { json } = await api.get(`${root}/resourcequotas/quota`)
  expect(json.status).toEqual({ hard: { configmaps: '9', secrets: '9' }, used: { configmaps: '1', secrets: '0' } })
})

describe('what is created is counted, and released when it is deleted', () => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'registry.example/a' }] },
  }
  const selector = { matchLabels: { a: 'b' } }
  test.each([
    { counted: 'secrets', path: '/api/v1', plural: 'secrets', body: {} },
    { counted: 'configmaps', path: '/api/v1', plural: 'configmaps', body: {} },
    {
      counted: 'replicationcontrollers',
      path: '/api/v1',
      plural: 'replicationcontrollers',
      body: { spec: { replicas: 0, template } },
    },
    {
      counted: 'count/replicasets.apps',
      path: '/apis/apps/v1',
      plural: 'replicasets',
      body: { spec: { replicas: 0, selector, template } },
    },
    {
      counted: 'persistentvolumeclaims',
      path: '/api/v1',
      plural: 'persistentvolumeclaims',
      body: {
        spec: { storageClassName: 'none', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    },
  ])('$counted', async ({ counted, path, plural, body }) => {
    const namespace = `counts-${plural}`
    const { used } = await quota(namespace, { hard: { [counted]: '5' } })
    await eventually(async () => plural !== 'configmaps' || (await used())[counted] === '1')
    const before = Number((await used())[counted])
    const collection = `${path}/namespaces/${namespace}/${plural}`
    expect((await api.post(collection, { metadata: { name: 'one' }, ...body })).status).toBe(201)
    expect((await used())[counted]).toBe(String(before + 1))
    await api.delete(`${collection}/one`)
    await eventually(async () => (await used())[counted] === String(before))
  })
})

test('services are counted by what they take, and refused when there is no more', async () => {
  const hard = { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '1' }
  const { root, used } = await quota('services', { hard })
  const service = (name: string, type: string): Promise<Wire> =>
    api.post(`${root}/services`, { metadata: { name }, spec: { type, ports: [{ port: 80 }] } })
  expect((await service('np', 'NodePort')).status).toBe(201)
  expect(await used()).toEqual({ services: '1', 'services.nodeports': '1', 'services.loadbalancers': '0' })
  const refused = await service('lb', 'LoadBalancer')
  expect([refused.status, refused.json.message]).toEqual([
    403,
    'services "lb" is forbidden: exceeded quota: quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
  ])
  await api.delete(`${root}/services/np`)
  await eventually(async () => (await used()).services === '0')
  expect((await service('lb', 'LoadBalancer')).status).toBe(201)
})

describe('pods', () => {
  test('are charged what they ask for, and refused when it is more than is left', async () => {
    const hard = {
      pods: '5',
      cpu: '1',
      memory: '500Mi',
      'requests.ephemeral-storage': '50Gi',
      'requests.example.com/gpu': '3',
    }
    const { root, used } = await quota('charged', { hard })
    const requests = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/gpu': '2' }
    const resources = { requests, limits: { 'example.com/gpu': '2' } }
    expect((await api.post(`${root}/pods`, pod('one', resources))).status).toBe(201)
    const charged = {
      pods: '1',
      cpu: '500m',
      memory: '252Mi',
      'requests.ephemeral-storage': '30Gi',
      'requests.example.com/gpu': '2',
    }
    expect(await used()).toEqual(charged)
    const refused = await api.post(`${root}/pods`, pod('two', resources))
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining('exceeded quota: quota, requested: '),
    ])
    const unasked = await api.post(`${root}/pods`, pod('three', {}))
    expect([unasked.status, unasked.json.message]).toEqual([
      403,
      expect.stringContaining('failed quota: quota: must specify '),
    ])
    const more = { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '100m' } } }] } }
    expect((await api.patch(`${root}/pods/one`, 'strategic', more)).status).toBe(422)
    expect(await used()).toEqual(charged)
    await api.delete(`${root}/pods/one`)
    await eventually(async () => (await used()).pods === '0')
  })

  test.each([
    { scope: 'BestEffort', counted: pod('in', {}), spared: pod('out', { requests: { cpu: '1m' } }) },
    { scope: 'NotBestEffort', counted: pod('in', { requests: { cpu: '1m' } }), spared: pod('out', {}) },
    { scope: 'Terminating', counted: pod('in', {}, { activeDeadlineSeconds: 60 }), spared: pod('out', {}) },
    { scope: 'NotTerminating', counted: pod('in', {}), spared: pod('out', {}, { activeDeadlineSeconds: 60 }) },
  ])('are counted by a quota of scope $scope if they are of it', async ({ scope, counted, spared }) => {
    const { root, used } = await quota(scope.toLowerCase(), { hard: { pods: '5' }, scopes: [scope] })
    expect((await api.post(`${root}/pods`, spared)).status).toBe(201)
    expect((await api.post(`${root}/pods`, counted)).status).toBe(201)
    await eventually(async () => (await used()).pods === '1')
    await api.delete(`${root}/pods/out`)
    await api.delete(`${root}/pods/in`)
    await eventually(async () => (await used()).pods === '0')
  })
})

test('the status is written beside the limits', async () => {
  const { root } = await quota('status', { hard: { pods: '5' } })
  const path = `${root}/resourcequotas/quota`
  const { json } = await api.get(path)
  const status = { ...json.status, hard: { pods: '7' } }
  const replaced = await api.put(`${path}/status`, { ...json, status, spec: { hard: { pods: '9' } } })
  expect([replaced.json.status.hard.pods, replaced.json.spec.hard.pods]).toEqual(['7', '5'])
  expect((await api.get(`${path}/status`)).json.status.hard.pods).toBe('7')
})
