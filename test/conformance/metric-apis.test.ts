import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineSource } from '../../src/metrics/adapter/adapter-source.ts'
import { labelsOf } from '../../src/metrics/model/labels.ts'
import { QueryEngine } from '../../src/metrics/promql/engine.ts'
import { memoryTsdb, type Tsdb } from '../../src/metrics/tsdb/tsdb.ts'
import { EVERYTHING } from '../../src/api/selectors/label-matcher.ts'
import { parseLabelSelector } from '../../src/api/selectors/parse-labels.ts'
import { Client } from '../../src/client/client.ts'
import { HttpTransport } from '../../src/client/http-transport.ts'
import { ClientMetrics } from '../../src/controllers/horizontalpodautoscaler/client-metrics.ts'
import { RealNetwork } from '../../src/world/real-network.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { eventually, ServedApi } from './served-api.ts'

const CUSTOM = '/apis/custom.metrics.k8s.io'
const EXTERNAL = '/apis/external.metrics.k8s.io'
const RULES = `
rules:
- seriesQuery: 'qps{namespace!=""}'
  resources: {template: <<.Resource>>}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
externalRules:
- seriesQuery: queue_depth
  resources: {overrides: {namespace: {resource: namespace}}}
  metricsQuery: max(<<.Series>>{<<.LabelMatchers>>}) by (queue)
`
const SAMPLES: readonly (readonly [labels: Record<string, string>, value: number])[] = [
  [{ __name__: 'qps', namespace: 'shop', pod: 'web-1', code: '200' }, 12.5],
  [{ __name__: 'qps', namespace: 'shop', pod: 'web-1', code: '500' }, 1],
  [{ __name__: 'qps', namespace: 'shop', pod: 'web-2', code: '200' }, 3],
  [{ __name__: 'qps', namespace: 'shop', service: 'web' }, 7],
  [{ __name__: 'qps', namespace: 'shop', node: 'node-1' }, 250_000],
  [{ __name__: 'queue_depth', namespace: 'shop', queue: 'mail' }, 42],
]

const { clock } = realWorld({ seed: 'metric-apis' })
let api: ServedApi

beforeAll(async () => {
  const storage = memoryTsdb()
  await fill(storage)
  const engine = new QueryEngine({ clock })
  api = await ServedApi.start({ metrics: engineSource({ engine, storage, clock }) })
  await create('', 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const [name, app] of [
    ['web-1', 'web'],
    ['web-2', 'web'],
    ['other', 'other'],
  ] as const) {
    await create('shop', 'pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { app } },
      spec: { containers: [{ name: 'main', image: 'web' }] },
    })
  }
})
afterAll(() => api[Symbol.asyncDispose]())

async function fill(storage: Tsdb): Promise<void> {
  const appender = storage.appender()
  for (const [labels, value] of SAMPLES) appender.append(0, labelsOf(labels), { timestampMs: clock.now(), value })
  await appender.commit()
}

async function create(namespace: string, plural: string, body: object): Promise<void> {
  const path = namespace === '' ? `/api/v1/${plural}` : `/api/v1/namespaces/${namespace}/${plural}`
  const { status, text } = await api.call('POST', path, { body })
  if (status !== 201) throw new Error(text)
}

async function serve(rules: string): Promise<void> {
  const path = '/api/v1/namespaces/default/configmaps/adapter-config'
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'adapter-config' },
    data: { 'config.yaml': rules },
  }
  const { status } = await api.call('PUT', path, { body })
  if (status === 404) await create('default', 'configmaps', body)
}

async function get(path: string): ReturnType<ServedApi['call']> {
  return api.call('GET', path)
}

describe('without rules', () => {
  test('neither API is there', async () => {
    expect((await get('/apis')).text).not.toContain('custom.metrics.k8s.io')
    expect((await get(`${CUSTOM}/v1beta2`)).text).toContain('404 page not found')
    expect((await get(`${CUSTOM}/v1beta2/namespaces/shop/pods/*/qps`)).text).toContain('404 page not found')
  })
})

describe('with rules in a ConfigMap', () => {
  beforeAll(async () => {
    await serve(RULES)
    await eventually(async () => (await get(`${CUSTOM}/v1beta2`)).status === 200)
  })

  test('discovery names each metric of each resource', async () => {
    const { json } = await get(`${CUSTOM}/v1beta1`)
    expect(json).toEqual({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'custom.metrics.k8s.io/v1beta1',
      resources: [
        ['namespaces/qps', false],
        ['nodes/qps', false],
        ['pods/qps', true],
        ['services/qps', true],
      ].map(([name, namespaced]) => ({ name, singularName: '', namespaced, kind: 'MetricValueList', verbs: ['get'] })),
    })
    expect((await get(`${EXTERNAL}/v1beta1`)).json.resources).toEqual([
      { name: 'queue_depth', singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
    ])
    expect((await get(CUSTOM)).json.preferredVersion.version).toBe('v1beta2')
  })

  test('the aggregated discovery has them below resources that are not there themselves', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { json } = await api.call('GET', '/apis', { accept })
    const group = json.items.find(
      (one: { metadata: { name: string } }) => one.metadata.name === 'custom.metrics.k8s.io',
    )
    expect(group.versions[0].resources.find((one: { resource: string }) => one.resource === 'pods')).toEqual({
      resource: 'pods',
      responseKind: { group: '', version: '', kind: '' },
      scope: 'Namespaced',
      singularResource: '',
      verbs: null,
      subresources: [
        { subresource: 'qps', responseKind: { group: '', version: '', kind: 'MetricValueList' }, verbs: ['get'] },
      ],
    })
  })

  test('APIServices tell that they are served', async () => {
    const { json } = await get('/apis/apiregistration.k8s.io/v1/apiservices')
    const names = json.items.map((one: { metadata: { name: string } }) => one.metadata.name)
    expect(names).toEqual(
      expect.arrayContaining([
        'v1beta1.custom.metrics.k8s.io',
        'v1beta2.custom.metrics.k8s.io',
        'v1beta1.external.metrics.k8s.io',
      ]),
    )
  })

  test('a metric of all pods that a selector matches', async () => {
    const { status, json } = await get(`${CUSTOM}/v1beta2/namespaces/shop/pods/*/qps?labelSelector=app%3Dweb`)
    expect(status).toBe(200)
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const metric = { name: 'qps', selector: null }
    const pod = { kind: 'Pod', namespace: 'shop', apiVersion: '/v1' }
    expect(json).toEqual({
      kind: 'MetricValueList',
      apiVersion: 'custom.metrics.k8s.io/v1beta2',
      metadata: {},
      items: [
        { describedObject: { ...pod, name: 'web-1' }, metric, timestamp, value: '13500m' },
        { describedObject: { ...pod, name: 'web-2' }, metric, timestamp, value: '3' },
      ],
    })
  })

  test('a metric of one object by conditions on the labels of the metric, in the words of v1beta1', async () => {
    const { json } = await get(`${CUSTOM}/v1beta1/namespaces/shop/pods/web-1/qps?metricLabelSelector=code%3D500`)
    expect(json.items).toEqual([
      {
        describedObject: { kind: 'Pod', namespace: 'shop', name: 'web-1', apiVersion: '/v1' },
        metricName: 'qps',
        timestamp: expect.any(String),
        value: '1',
        selector: { matchLabels: { code: '500' } },
      },
    ])
  })

  test('metrics of a Service, of a namespace itself, and of what lies in no namespace', async () => {
    const valueOf = async (path: string): Promise<unknown> =>
      (await get(`${CUSTOM}/v1beta2/${path}`)).json.items?.map((item: { value: string; describedObject: object }) => [
        item.describedObject,
        item.value,
      ])
    const service = { kind: 'Service', namespace: 'shop', name: 'web', apiVersion: '/v1' }
    expect(await valueOf('namespaces/shop/services/web/qps')).toEqual([[service, '7']])
    const namespace = { kind: 'Namespace', name: 'shop', apiVersion: '/v1' }
    expect(await valueOf('namespaces/shop/metrics/qps')).toEqual([[namespace, '250023500m']])
    expect(await valueOf('nodes/node-1/qps')).toEqual([[{ kind: 'Node', name: 'node-1', apiVersion: '/v1' }, '250k']])
  })

  test('an external metric has one value for each series', async () => {
    const { json } = await get(`${EXTERNAL}/v1beta1/namespaces/shop/queue_depth?labelSelector=queue%3Dmail`)
    expect(json).toEqual({
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        { metricName: 'queue_depth', metricLabels: { queue: 'mail' }, timestamp: expect.any(String), value: '42' },
      ],
    })
    expect((await get(`${EXTERNAL}/v1beta1/namespaces/other/queue_depth`)).json.items).toEqual([])
  })

  test.each([
    ['v1beta2/namespaces/shop/pods/*/none', 'the server could not find the metric none for pods'],
    ['v1beta2/namespaces/shop/pods/other/qps', 'the server could not find the metric qps for pods other'],
    [
      'v1beta2/namespaces/shop/deployments.apps/web/qps',
      'the server could not find the metric qps for deployments.apps',
    ],
    ['v1beta2/namespaces/shop/gadgets/web/qps', 'the server could not find the metric qps for gadgets'],
  ])('%s is not found', async (path, message) => {
    const { status, json } = await get(`${CUSTOM}/${path}`)
    expect(status).toBe(404)
    expect(json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason: 'NotFound',
      code: 404,
    })
  })

  test('nothing but reading is offered', async () => {
    const { status } = await api.call('DELETE', `${CUSTOM}/v1beta2/namespaces/shop/pods/web-1/qps`)
    expect(status).toBe(405)
    expect((await get(`${CUSTOM}/v1beta2/namespaces/shop/pods/web-1`)).status).toBe(404)
    expect((await get(`${EXTERNAL}/v1beta1/namespaces/shop/queue_depth/more`)).status).toBe(404)
  })

  test('who may not read the metric of the resource is told so', async () => {
    const { status, json } = await api.call('GET', `${CUSTOM}/v1beta2/namespaces/shop/pods/*/qps`, {
      headers: { 'Impersonate-User': 'eve' },
    })
    expect(status).toBe(403)
    expect(json.message).toBe(
      'pods.custom.metrics.k8s.io "*" is forbidden: User "eve" cannot get resource "pods/qps" in API group "custom.metrics.k8s.io" in the namespace "shop"',
    )
    const external = await api.call('GET', `${EXTERNAL}/v1beta1/namespaces/shop/queue_depth`, {
      headers: { 'Impersonate-User': 'eve' },
    })
    expect(external.json.message).toContain('cannot list resource "queue_depth" in API group "external.metrics.k8s.io"')
  })

  test('autoscalers of any cluster read the same over HTTP', async () => {
    const metrics = metricsOverHttp()
    const pods = await metrics.pods({
      metric: { name: 'qps', selector: { matchExpressions: [{ key: 'code', operator: 'NotIn', values: ['500'] }] } },
      namespace: 'shop',
      podSelector: parseLabelSelector('app=web'),
    })
    expect([...pods].map(([name, { valueMilli, windowMs }]) => [name, valueMilli, windowMs])).toEqual([
      ['web-1', 12_500n, 60_000],
      ['web-2', 3_000n, 60_000],
    ])
    const qps = { metric: { name: 'qps' }, namespace: 'shop' }
    expect(await metrics.object({ ...qps, object: { apiVersion: 'v1', kind: 'Service', name: 'web' } })).toBe(7_000n)
    expect(await metrics.object({ ...qps, object: { kind: 'Namespace', name: 'shop', apiVersion: 'v1' } })).toBe(
      250_023_500n,
    )
    expect(await metrics.external({ metric: { name: 'queue_depth' }, namespace: 'shop' })).toEqual([42_000n])
    await expect(metrics.external({ metric: { name: 'queue_depth' }, namespace: 'other' })).rejects.toThrow(
      'no metrics returned from external metrics API',
    )
    await expect(metrics.pods({ ...qps, metric: { name: 'none' }, podSelector: EVERYTHING })).rejects.toThrow(
      'unable to fetch metrics from custom metrics API: the server could not find the metric none for pods',
    )
  })

  test('rules that cannot be used are told on their ConfigMap, and change nothing', async () => {
    await serve('rules: [{seriesQuery: up}]')
    const events = '/api/v1/namespaces/default/events?fieldSelector=reason%3DInvalidAdapterConfig'
    await eventually(async () => (await get(events)).json.items.length === 1)
    const [event] = (await get(events)).json.items
    expect(event.message).toBe('config.yaml: rules[0].metricsQuery: must be a text; the rules before it stay in force')
    expect(event.involvedObject).toMatchObject({ kind: 'ConfigMap', name: 'adapter-config' })
    expect((await get(`${CUSTOM}/v1beta2/namespaces/shop/pods/web-1/qps`)).status).toBe(200)
  })

  test('without their ConfigMap, both APIs are gone', async () => {
    await api.call('DELETE', '/api/v1/namespaces/default/configmaps/adapter-config')
    await eventually(async () => (await get(`${CUSTOM}/v1beta2`)).status === 404)
    const { json } = await get('/apis/apiregistration.k8s.io/v1/apiservices')
    const names = json.items.map((one: { metadata: { name: string } }) => one.metadata.name)
    expect(names.filter((name: string) => /custom|external/.test(name))).toEqual([])
    expect(api.errors).toEqual([])
    const query = { metric: { name: 'qps' }, namespace: 'shop', podSelector: EVERYTHING }
    await expect(metricsOverHttp().pods(query)).rejects.toThrow(
      'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
    )
  })
})

function metricsOverHttp(): ClientMetrics {
  const { url, ca, certificate: cert, key } = api.access
  const transport = new HttpTransport({ network: new RealNetwork(), url, tls: { ca, cert, key } })
  const { scheme } = api.platform
  return new ClientMetrics(new Client({ transport, scheme, user: { username: '' }, fieldManager: 'test' }))
}
