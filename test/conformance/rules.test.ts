import { afterAll, describe, expect, test } from 'vitest'
import { eventually, ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
const ROOT = `/api/v1/namespaces/${await api.namespace('rules')}`
afterAll(() => api[Symbol.asyncDispose]())

function pod(name: string, spec: object = {}): object {
  return { metadata: { name }, spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'a' }], ...spec } }
}

describe('config maps and secrets', () => {
  test.each(['configmaps', 'secrets'])('%s have no empty keys', async (plural) => {
    const { status, json } = await api.post(`${ROOT}/${plural}`, { metadata: { name: 'bad' }, data: { '': 'eA==' } })
    expect([status, json.details.causes[0].field]).toEqual([422, 'data[]'])
  })

  test.each(['configmaps', 'secrets'])('%s that are immutable stay so', async (plural) => {
    const path = `${ROOT}/${plural}/fixed`
    await api.post(`${ROOT}/${plural}`, { metadata: { name: 'fixed' }, data: { a: 'YQ==' } })
    expect((await api.patch(path, 'merge', { data: { a: 'Yg==' } })).status).toBe(200)
    expect((await api.patch(path, 'merge', { immutable: true })).status).toBe(200)
    for (const change of [{ data: { a: 'YQ==' } }, { immutable: false }, { immutable: null }]) {
      const { status, json } = await api.patch(path, 'merge', change)
      expect([status, json.message]).toEqual([
        422,
        expect.stringContaining('field is immutable when `immutable` is set'),
      ])
    }
    expect((await api.patch(path, 'merge', { metadata: { labels: { a: 'b' } } })).status).toBe(200)
    expect((await api.delete(path)).status).toBe(200)
  })
})

describe('pods', () => {
  test('that ask for all that they may use are guaranteed it', async () => {
    const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }
    const containers = [{ name: 'main', image: 'a', resources }]
    const { json } = await api.post(`${ROOT}/pods`, pod('guaranteed', { containers }))
    expect(json.status.qosClass).toBe('Guaranteed')
  })

  test('name runtime classes that there are', async () => {
    const runtimeClassName = 'there'
    await api.post('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'there' }, handler: 'there' })
    expect((await api.post(`${ROOT}/pods`, pod('classed', { runtimeClassName }))).status).toBe(201)
    await api.delete('/apis/node.k8s.io/v1/runtimeclasses/there')
    const { status, json } = await api.post(`${ROOT}/pods`, pod('unclassed', { runtimeClassName }))
    expect([status, json.message]).toEqual([
      403,
      'pods "unclassed" is forbidden: pod rejected: RuntimeClass "there" not found',
    ])
  })

  test('name sysctls by valid names, and are told of each that is not', async () => {
    const sysctls = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', '', 'foo-', 'bar..'].map((name) => ({
      name,
      value: '1',
    }))
    const { status, json } = await api.post(`${ROOT}/pods`, pod('sysctls', { securityContext: { sysctls } }))
    const fields = json.details.causes.map(({ field }: Wire) => field.replace('spec.securityContext.sysctls', ''))
    expect([status, fields]).toEqual([422, ['[0].name', '[3].name', '[4].name', '[5].name']])
  })

  test('may have volumes of drivers of their own', async () => {
    const volumes = [{ name: 'v', csi: { driver: 'lc.example.com', volumeAttributes: { a: 'b' } } }]
    const { status, json } = await api.post(`${ROOT}/pods`, pod('inline', { volumes }))
    expect([status, json.spec.volumes[0]]).toEqual([201, volumes[0]])
    expect((await api.delete(`${ROOT}/pods/inline`)).status).toBe(200)
  })
})

describe('limit ranges', () => {
  test('complete and bound new pods, by what they say at the time', async () => {
    const namespace = `/api/v1/namespaces/${await api.namespace('limited')}`
    const limit = {
      type: 'Container',
      min: { cpu: '50m' },
      max: { cpu: '500m' },
      default: { cpu: '300m' },
      defaultRequest: { cpu: '100m' },
    }
    await api.post(`${namespace}/limitranges`, { metadata: { name: 'limits' }, spec: { limits: [limit] } })
    const sized = (name: string, cpu?: string): object => {
      const resources = cpu === undefined ? {} : { requests: { cpu }, limits: { cpu } }
      return pod(name, { containers: [{ name: 'main', image: 'a', resources }] })
    }
    const { json } = await api.post(`${namespace}/pods`, sized('defaulted'))
    expect(json.spec.containers[0].resources).toEqual({ requests: { cpu: '100m' }, limits: { cpu: '300m' } })
    for (const [name, cpu] of [
      ['small', '10m'],
      ['large', '600m'],
    ] as const) {
      expect((await api.post(`${namespace}/pods`, sized(name, cpu))).status).toBe(403)
    }
    const limits = [{ ...limit, min: { cpu: '5m' } }]
    await api.patch(`${namespace}/limitranges/limits`, 'merge', { spec: { limits } })
    expect((await api.post(`${namespace}/pods`, sized('small', '10m'))).status).toBe(201)
  })
})

test('priority classes keep their value', async () => {
  const path = '/apis/scheduling.k8s.io/v1/priorityclasses'
  await api.post(path, { metadata: { name: 'mine' }, value: 10 })
  expect((await api.patch(`${path}/mine`, 'merge', { description: 'changed' })).status).toBe(200)
  const { status, json } = await api.patch(`${path}/mine`, 'merge', { value: 11 })
  expect([status, json.message]).toEqual([
    422,
    'PriorityClass.scheduling.k8s.io "mine" is invalid: value: Forbidden: may not be changed in an update.',
  ])
})

describe('namespaces', () => {
  test('have the certificate of the authority, whatever is done to it', async () => {
    const path = `${ROOT}/configmaps/kube-root-ca.crt`
    await eventually(async () => (await api.get(path)).status === 200)
    const { data, metadata } = (await api.get(path)).json
    expect(data['ca.crt']).toBe(api.access.ca)
    await api.delete(path)
    await eventually(async () => ![undefined, metadata.uid].includes((await api.get(path)).json.metadata?.uid))
    await api.patch(path, 'merge', { data: { 'ca.crt': 'forged' } })
    await eventually(async () => (await api.get(path)).json.data['ca.crt'] === api.access.ca)
  })

  test('are finalized by who is asked to', async () => {
    const namespace = `/api/v1/namespaces/${await api.namespace('finalized')}`
    const { json } = await api.get(namespace)
    const finalizers = ['kubernetes', 'example.com/test']
    const finalized = await api.put(`${namespace}/finalize`, { ...json, spec: { finalizers } })
    expect([finalized.status, finalized.json.spec.finalizers]).toEqual([200, finalizers])
    await api.put(`${namespace}/finalize`, { ...finalized.json, spec: { finalizers: ['kubernetes'] } })
    expect((await api.get(namespace)).json.spec.finalizers).toEqual(['kubernetes'])
  })

  test('take what is in them along, and begin anew', async () => {
    const namespace = `/api/v1/namespaces/${await api.namespace('emptied')}`
    await api.post(`${namespace}/services`, { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } })
    await api.delete(namespace)
    await eventually(async () => (await api.get(namespace)).status === 404)
    await api.namespace('emptied')
    expect((await api.get(`${namespace}/services`)).json.items).toEqual([])
  })
})

describe('services have endpoints', () => {
  const slices = '/apis/discovery.k8s.io/v1/namespaces/rules/endpointslices'

  test('even where no pod is behind them, as long as they are there', async () => {
    const selector = '?labelSelector=kubernetes.io%2Fservice-name%3Dlonely'
    const service = { metadata: { name: 'lonely' }, spec: { selector: { no: 'pod' }, ports: [{ port: 80 }] } }
    await api.post(`${ROOT}/services`, service)
    await eventually(async () => (await api.get(`${slices}${selector}`)).json.items.length === 1)
    await eventually(async () => (await api.get(`${ROOT}/endpoints/lonely`)).status === 200)
    expect((await api.get(`${slices}${selector}`)).json.items[0].endpoints ?? []).toEqual([])
    expect((await api.get(`${ROOT}/endpoints/lonely`)).json).not.toHaveProperty('subsets')
    await api.delete(`${ROOT}/services/lonely`)
    await eventually(async () => (await api.get(`${slices}${selector}`)).json.items.length === 0)
    await eventually(async () => (await api.get(`${ROOT}/endpoints/lonely`)).status === 404)
  })

  test('mirrored from those that were made by hand', async () => {
    const selector = '?labelSelector=kubernetes.io%2Fservice-name%3Dmade'
    const addresses = async (): Promise<readonly string[]> =>
      (await api.get(`${slices}${selector}`)).json.items.flatMap((one: Wire) =>
        one.endpoints.flatMap((endpoint: Wire) => endpoint.addresses),
      )
    await api.post(`${ROOT}/services`, { metadata: { name: 'made' }, spec: { ports: [{ port: 80 }] } })
    const subsets = (ip: string): object => ({ subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }] })
    await api.post(`${ROOT}/endpoints`, { metadata: { name: 'made' }, ...subsets('10.1.2.3') })
    await eventually(async () => (await addresses()).join() === '10.1.2.3')
    await api.patch(`${ROOT}/endpoints/made`, 'merge', subsets('10.1.2.4'))
    await eventually(async () => (await addresses()).join() === '10.1.2.4')
    await api.delete(`${ROOT}/endpoints/made`)
    await eventually(async () => (await addresses()).length === 0)
  })
})
