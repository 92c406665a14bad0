import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const PODS = '/api/v1/namespaces/default/pods'

async function made(path: string, object: object): Promise<string> {
  const { status, json, text } = await api.post(path, object)
  expect(status, text).toBe(201)
  return `${path}/${json.metadata.name}`
}

function configMap(name: string, metadata: object = {}): Promise<string> {
  return made(CONFIG_MAPS, { metadata: { name, ...metadata } })
}

describe('an object that goes', () => {
  test('leaves a Status that names it', async () => {
    const path = await configMap('gone')
    const { json: before } = await api.get(path)
    const { status, json } = await api.delete(path)
    expect([status, json.kind, json.status]).toEqual([200, 'Status', 'Success'])
    expect(json.details).toEqual({ name: 'gone', kind: 'configmaps', uid: before.metadata.uid })
    expect((await api.get(path)).status).toBe(404)
  })

  test.each([
    ['/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'gone' } }, 'ServiceAccount'],
    ['/api/v1/namespaces/default/services', { metadata: { name: 'gone' }, spec: { ports: [{ port: 1 }] } }, 'Service'],
    ['/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: 'gone' }, provisioner: 'a.b/c' }, 'StorageClass'],
  ])('of some kinds it is shown once more: %s', async (collection, object, kind) => {
    const path = await made(collection, object)
    const { json } = await api.delete(path)
    expect([json.kind, json.metadata.name]).toEqual([kind, 'gone'])
    expect((await api.get(path)).status).toBe(404)
  })

  test('stays while it has finalizers, and is shown on its way out', async () => {
    const path = await configMap('held', { finalizers: ['bazaar.in/hold'] })
    const { status, json } = await api.delete(path)
    expect(status).toBe(200)
    expect(json.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, finalizers: ['bazaar.in/hold'] })
    expect(json.metadata.deletionTimestamp).toMatch(/Z$/)
    const again = await api.post(CONFIG_MAPS, { metadata: { name: 'held' } })
    expect(again.json.message).toBe('object is being deleted: configmaps "held" already exists')
    const { json: second } = await api.delete(path)
    expect(second.metadata.resourceVersion).toBe(json.metadata.resourceVersion)
    await api.patch(path, 'merge', { metadata: { finalizers: null } })
    expect((await api.get(path)).status).toBe(404)
  })
})

describe('a deletion can be tied to what was seen', () => {
  test('to a UID', async () => {
    const path = await configMap('tied')
    const uid = (await api.get(path)).json.metadata.uid as string
    const { status, json } = await api.delete(path, { body: { preconditions: { uid: 'other' } } })
    expect([status, json.message]).toEqual([
      409,
      `Operation cannot be fulfilled on ConfigMap "tied": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    ])
    expect((await api.delete(path, { body: { preconditions: { uid } } })).status).toBe(200)
  })

  test('to a version', async () => {
    const path = await configMap('versioned')
    const { status, json } = await api.delete(path, { body: { preconditions: { resourceVersion: '1' } } })
    expect([status, json.message]).toEqual([
      409,
      expect.stringContaining(
        'the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (',
      ),
    ])
  })
})

describe('options that mean nothing delete nothing', () => {
  const DELETE_OPTIONS = 'DeleteOptions.meta.k8s.io "" is invalid: '
  test.each<[string, unknown, number, string]>([
    [
      '?propagationPolicy=Everywhere',
      undefined,
      422,
      `${DELETE_OPTIONS}propagationPolicy: Unsupported value: "Everywhere": supported values: "Foreground", "Background", "Orphan", "nil"`,
    ],
    [
      '',
      { propagationPolicy: 'Orphan', orphanDependents: true },
      422,
      `${DELETE_OPTIONS}propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set`,
    ],
    ['', { dryRun: ['Some'] }, 422, `${DELETE_OPTIONS}dryRun: Unsupported value: ["Some"]: supported values: "All"`],
    ['', { kind: 'Pod', apiVersion: 'v1' }, 400, 'decoded object cannot be converted to DeleteOptions'],
    ['', '{', 400, "couldn't get version/kind; json parse error: unexpected end of JSON input"],
    ['?gracePeriodSeconds=soon', undefined, 400, 'strconv.ParseInt: parsing "soon": invalid syntax'],
  ])('%s %j', async (query, body, code, message) => {
    const name = `kept-${Math.random().toString(36).slice(2)}`
    const path = await configMap(name)
    const { status, json } = await api.delete(path + query, body === undefined ? {} : { body })
    expect([status, json.message]).toEqual([code, message])
    expect((await api.get(path)).status).toBe(200)
  })

  test('a body outweighs the query', async () => {
    const path = await configMap('outweighed')
    expect((await api.delete(`${path}?dryRun=All`, { body: {} })).status).toBe(200)
    expect((await api.get(path)).status).toBe(404)
  })
})

describe('a dry run', () => {
  test('says what would go, and lets it be', async () => {
    const path = await configMap('dry')
    const before = (await api.get(path)).text
    for (const options of [{ body: { dryRun: ['All'] } }, {}]) {
      const { status, json } = await api.delete(`${path}?dryRun=All`, options)
      expect([status, json.status]).toEqual([200, 'Success'])
    }
    expect((await api.get(path)).text).toBe(before)
  })

  test('shows a pod on its way out that it leaves running', async () => {
    const path = await made(PODS, {
      metadata: { name: 'dry' },
      spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }] },
    })
    const { json } = await api.delete(`${path}?dryRun=All`)
    expect(json.metadata.deletionGracePeriodSeconds).toBe(30)
    expect((await api.get(path)).json.metadata.deletionTimestamp).toBeUndefined()
  })
})

describe('what depends on an object', () => {
  test.each([
    ['propagationPolicy=Foreground', ['foregroundDeletion']],
    ['propagationPolicy=Orphan', ['orphan']],
    ['orphanDependents=true', ['orphan']],
  ])('is dealt with first where %s says so', async (query, finalizers) => {
    const name = `held-${finalizers[0]?.toLowerCase() ?? ''}-${query.length}`
    const path = await configMap(name, { finalizers: ['bazaar.in/hold'] })
    const { json } = await api.delete(`${path}?${query}`)
    expect(json.metadata.finalizers).toEqual(['bazaar.in/hold', ...finalizers])
    await api.patch(path, 'merge', { metadata: { finalizers: null } })
  })

  test('is left alone by Jobs that are deleted without a word, which they warn of', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
    const path = await made('/apis/batch/v1/namespaces/default/jobs', {
      metadata: { name: 'silent' },
      spec: { suspend: true, template },
    })
    const { headers, json } = await api.delete(path)
    expect(headers['warning']).toContain('child pods are preserved by default when jobs are deleted')
    expect(json.metadata.finalizers).toContain('orphan')
  })
})

describe('a pod', () => {
  const pod = (name: string): Promise<string> =>
    made(PODS, {
      metadata: { name, finalizers: ['bazaar.in/hold'] },
      spec: { nodeName: 'nowhere', terminationGracePeriodSeconds: 60, containers: [{ name: 'c', image: 'i' }] },
    })

  test('is given its time, which can be shortened and not lengthened', async () => {
    const path = await pod('graceful')
    const first = (await api.delete(path)).json.metadata
    expect(first.deletionGracePeriodSeconds).toBe(60)
    const longer = (await api.delete(`${path}?gracePeriodSeconds=120`)).json.metadata
    expect([longer.deletionGracePeriodSeconds, longer.resourceVersion]).toEqual([60, first.resourceVersion])
    const shorter = (await api.delete(`${path}?gracePeriodSeconds=20`)).json.metadata
    expect(shorter.deletionGracePeriodSeconds).toBe(20)
    expect(Date.parse(first.deletionTimestamp as string) - Date.parse(shorter.deletionTimestamp as string)).toBe(40_000)
    expect(shorter.generation).toBe(first.generation)
    await api.patch(path, 'merge', { metadata: { finalizers: null } })
    await api.delete(`${path}?gracePeriodSeconds=0`)
    expect((await api.get(path)).status).toBe(404)
  })

  test('that has no node goes at once, and shows itself', async () => {
    const path = await made(PODS, {
      metadata: { name: 'unscheduled' },
      spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'i' }] },
    })
    const { json } = await api.delete(path)
    expect([json.kind, json.metadata.deletionGracePeriodSeconds]).toEqual(['Pod', 0])
    expect((await api.get(path)).status).toBe(404)
  })

  test('whose grace is negative has one second', async () => {
    const path = await pod('negative')
    expect((await api.delete(`${path}?gracePeriodSeconds=-5`)).json.metadata.deletionGracePeriodSeconds).toBe(1)
  })
})

describe('a collection', () => {
  test('goes as far as the selectors say, and is listed in the answer', async () => {
    await api.namespace('sweep')
    const path = '/api/v1/namespaces/sweep/configmaps'
    for (const [name, tier] of [
      ['a', 'x'],
      ['b', 'x'],
      ['c', 'y'],
    ] as const) {
      await made(path, { metadata: { name, labels: { tier } } })
    }
    const dry = await api.delete(`${path}?labelSelector=tier%3Dx&dryRun=All`)
    expect(dry.json.items).toHaveLength(2)
    const { status, json } = await api.delete(`${path}?labelSelector=tier%3Dx`)
    expect([status, json.kind, json.items.map((item: { metadata: { name: string } }) => item.metadata.name)]).toEqual([
      200,
      'ConfigMapList',
      ['a', 'b'],
    ])
    expect((await api.get(`${path}?labelSelector=tier`)).json.items).toHaveLength(1)
    await made(path, { metadata: { name: 'd', labels: { tier: 'y' } } })
    await api.delete(`${path}?labelSelector=tier&limit=1`)
    const left = (await api.get(`${path}?labelSelector=tier`)).json.items
    expect(left.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['d'])
  })
})

describe('a namespace', () => {
  test('is shown terminating, takes nothing new, and goes when it is empty', async () => {
    await api.namespace('leaving')
    await made('/api/v1/namespaces/leaving/configmaps', { metadata: { name: 'held', finalizers: ['bazaar.in/hold'] } })
    const { status, json } = await api.delete('/api/v1/namespaces/leaving')
    expect([status, json.status.phase]).toEqual([200, 'Terminating'])
    const refused = await api.post('/api/v1/namespaces/leaving/configmaps', { metadata: { name: 'late' } })
    expect(refused.status).toBe(403)
    expect(refused.json).toMatchObject({
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace leaving because it is being terminated',
      details: {
        name: 'late',
        kind: 'configmaps',
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace leaving is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    })
    await using watch = await api.watch('/api/v1/namespaces?fieldSelector=metadata.name%3Dleaving')
    await api.patch('/api/v1/namespaces/leaving/configmaps/held', 'merge', { metadata: { finalizers: null } })
    for (;;) if ((await watch.next()).type === 'DELETED') break
    expect((await api.get('/api/v1/namespaces/leaving')).status).toBe(404)
  })

  test.each(['default', 'kube-system', 'kube-public'])('%s cannot be deleted', async (name) => {
    const { status, json } = await api.delete(`/api/v1/namespaces/${name}`)
    expect([status, json.message]).toEqual([
      403,
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    ])
  })
})
