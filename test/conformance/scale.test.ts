import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
const NAMESPACE = await api.namespace('scaled')
afterAll(() => api[Symbol.asyncDispose]())

const POD = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'registry.example/a' }] },
}
const SELECTOR = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] }

describe.each([
  { plural: 'deployments', root: '/apis/apps/v1', spec: { paused: true, selector: SELECTOR }, printed: 'app=web,app' },
  { plural: 'replicasets', root: '/apis/apps/v1', spec: { selector: SELECTOR }, printed: 'app=web,app' },
  {
    plural: 'statefulsets',
    root: '/apis/apps/v1',
    spec: { serviceName: 'web', selector: SELECTOR },
    printed: 'app=web,app',
  },
  { plural: 'replicationcontrollers', root: '/api/v1', spec: { selector: { app: 'web' } }, printed: 'app=web' },
])('the scale of $plural', ({ plural, root, spec, printed }) => {
  const collection = `${root}/namespaces/${NAMESPACE}/${plural}`
  const path = `${collection}/web/scale`

  test('is read, replaced and patched', async () => {
    const { json: made } = await api.post(collection, {
      metadata: { name: 'web' },
      spec: { ...spec, replicas: 0, template: POD },
    })
    const { json: scale } = await api.get(path)
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'web', namespace: NAMESPACE, uid: made.metadata.uid },
      spec: {},
      status: { replicas: 0, selector: printed },
    })
    // Without a version the write is unconditional: a controller may have written the status meanwhile.
    const { resourceVersion: _version, ...metadata } = scale.metadata
    const replaced = await api.put(path, { ...scale, metadata, spec: { replicas: 2 } })
    expect([replaced.status, replaced.json.spec]).toEqual([200, { replicas: 2 }])
    for (const type of ['merge', 'strategic'] as const) {
      expect((await api.patch(path, type, { spec: { replicas: 3 } })).json.spec).toEqual({ replicas: 3 })
    }
    const operations = [{ op: 'replace', path: '/spec/replicas', value: 1 }]
    expect((await api.patch(path, 'json', operations)).json.spec).toEqual({ replicas: 1 })
    const { json: now } = await api.get(`${collection}/web`)
    expect([now.spec.replicas, now.metadata.generation]).toEqual([
      1,
      made.metadata.generation === undefined ? undefined : 4,
    ])
  })

  test('is checked', async () => {
    const stale = { metadata: { name: 'web', namespace: NAMESPACE, resourceVersion: '1' }, spec: { replicas: 5 } }
    expect((await api.put(path, stale)).json.reason).toBe('Conflict')
    const negative = await api.patch(path, 'merge', { spec: { replicas: -1 } })
    expect([negative.status, negative.json.details.causes]).toEqual([
      422,
      [
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: -1: must be greater than or equal to 0',
          field: 'spec.replicas',
        },
      ],
    ])
    const nobody = await api.get(`${collection}/nobody/scale`)
    expect([nobody.status, nobody.json.reason]).toEqual([404, 'NotFound'])
  })

  test('is shown as a table', async () => {
    const { json } = await api.get(path, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect(json.columnDefinitions.map(({ name }: Wire) => name)).toEqual(['Name', 'Desired', 'Available', 'Age'])
  })
})
