import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

async function namesAt(path: string): Promise<readonly string[]> {
  const { items } = (await api.get(path)).json as { items: { metadata: { name: string } }[] }
  return items.map(({ metadata }) => metadata.name)
}

test('namespaces', async () => {
  expect(await namesAt('/api/v1/namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system'])
})

describe('the API server is found within the cluster', () => {
  const port = Number(new URL(api.access.url).port)

  test('by the Service kubernetes, which has the first address', async () => {
    const { json } = await api.get('/api/v1/namespaces/default/services/kubernetes')
    expect(json.metadata.labels).toEqual({ component: 'apiserver', provider: 'kubernetes' })
    expect(json.spec).toMatchObject({
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
    })
    expect(await namesAt('/api/v1/services')).toContain('kubernetes')
  })

  test('by its Endpoints and its EndpointSlice', async () => {
    const { json: endpoints } = await api.get('/api/v1/namespaces/default/endpoints/kubernetes')
    expect(endpoints.subsets).toEqual([
      { addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port, protocol: 'TCP' }] },
    ])
    const { json: slices } = await api.get(
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dkubernetes',
    )
    expect(slices.items).toHaveLength(1)
    expect(slices.items[0]).toMatchObject({
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'https', port, protocol: 'TCP' }],
    })
  })

  test('and its authority by those who serve beside it', async () => {
    const { json } = await api.get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')
    expect(json.data['client-ca-file']).toBe(api.access.ca)
  })
})

test('the addresses of Services', async () => {
  const { json } = await api.get('/apis/networking.k8s.io/v1/servicecidrs/kubernetes')
  expect(json.spec).toEqual({ cidrs: ['10.96.0.0/12'] })
  expect(json.status.conditions).toMatchObject([
    { type: 'Ready', status: 'True', message: 'Kubernetes default Service CIDR is ready' },
  ])
})

test('the classes of what the system needs', async () => {
  const { json } = await api.get('/apis/scheduling.k8s.io/v1/priorityclasses')
  const values = json.items.map((item: { metadata: { name: string }; value: number }) => [
    item.metadata.name,
    item.value,
  ])
  expect(values).toEqual([
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ])
})

describe('flow control', () => {
  const BASE = '/apis/flowcontrol.apiserver.k8s.io/v1'

  test('schemas and levels', async () => {
    expect(await namesAt(`${BASE}/flowschemas`)).toEqual([
      'catch-all',
      'exempt',
      'global-default',
      'kube-controller-manager',
      'kube-scheduler',
      'kube-system-service-accounts',
      'probes',
      'service-accounts',
      'system-leader-election',
      'system-node-high',
      'system-nodes',
    ])
    expect(await namesAt(`${BASE}/prioritylevelconfigurations`)).toEqual([
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ])
  })

  test.each(['flowschemas', 'prioritylevelconfigurations'])('%s can be written back as they are', async (plural) => {
    for (const name of await namesAt(`${BASE}/${plural}`)) {
      const before = await api.get(`${BASE}/${plural}/${name}`)
      const { status, text, json } = await api.put(`${BASE}/${plural}/${name}`, before.json)
      expect(status, text).toBe(200)
      expect(json.spec).toEqual(before.json.spec)
      expect(json.metadata.generation).toBe(1)
    }
  })
})

describe('each version of each group has an APIService', () => {
  const BASE = '/apis/apiregistration.k8s.io/v1/apiservices'

  test('that is local and available', async () => {
    const { json } = await api.get(`${BASE}/v1.apps`)
    expect(json.spec).toEqual({ group: 'apps', version: 'v1', groupPriorityMinimum: 17_800, versionPriority: 15 })
    expect(json.status.conditions).toMatchObject([{ type: 'Available', status: 'True', reason: 'Local' }])
    const { groups } = (await api.get('/apis')).json as { groups: { versions: { groupVersion: string }[] }[] }
    const served = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))
    const named = [...served.map((one) => one.split('/').toReversed().join('.')), 'v1.'].toSorted()
    expect([...(await namesAt(BASE))].toSorted()).toEqual(named)
  })

  test('which comes and goes with the definitions of the group', async () => {
    const definition = {
      metadata: { name: 'carts.bazaar.example' },
      spec: {
        group: 'bazaar.example',
        scope: 'Namespaced',
        names: { plural: 'carts', singular: 'cart', kind: 'Cart', listKind: 'CartList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    await using watch = await api.watch(`${BASE}?fieldSelector=metadata.name%3Dv1.bazaar.example`)
    expect((await api.post(path, definition)).status).toBe(201)
    expect(await watch.take(1)).toEqual(['ADDED v1.bazaar.example'])
    await api.delete(`${path}/carts.bazaar.example`)
    expect(await watch.take(1)).toEqual(['DELETED v1.bazaar.example'])
  })
})

test('the parts of the control plane say that they are well', async () => {
  const { json, headers } = await api.get('/api/v1/componentstatuses')
  expect(json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
    'controller-manager',
    'etcd-0',
    'scheduler',
  ])
  expect(json.items[0].conditions).toEqual([{ type: 'Healthy', status: 'True', message: 'ok' }])
  expect(headers['warning']).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"')
  expect((await api.get('/api/v1/componentstatuses/scheduler')).json.metadata.name).toBe('scheduler')
})

test('nothing went wrong within', () => {
  expect(api.errors).toEqual([])
})
