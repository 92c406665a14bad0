import { afterAll, describe, expect, test } from 'vitest'
import { decodeProtobuf } from '../../src/api/protobuf/protobuf.ts'
import { type OpenWatch, ServedApi } from './served-api.ts'

const api = await ServedApi.start({ nodes: 0 })
afterAll(() => api[Symbol.asyncDispose]())

/** A namespace of a test's own, and its ConfigMaps but the one that every namespace has. */
async function home(name: string): Promise<string> {
  await api.namespace(name)
  const path = `/api/v1/namespaces/${name}/configmaps`
  await using watch = await api.watch(path)
  await watch.take(1)
  return path
}

async function revision(path: string): Promise<string> {
  return (await api.get(`${path}?limit=1`)).json.metadata.resourceVersion as string
}

const TIER = 'labelSelector=tier%3Dweb'

describe('a watch', () => {
  test('from a version: everything after it, and nothing before', async () => {
    const path = await home('from-version')
    await api.post(path, { metadata: { name: 'before' } })
    const { json } = await api.post(path, { metadata: { name: 'start' } })
    await api.post(path, { metadata: { name: 'after' } })
    await using watch = await api.watch(`${path}?resourceVersion=${json.metadata.resourceVersion}`)
    await api.delete(`${path}/before`)
    expect(await watch.take(2)).toEqual(['ADDED after', 'DELETED before'])
  })

  test.each(['', '?resourceVersion=', '?resourceVersion=0'])(
    'without a version (%j): what there is comes first',
    async (query) => {
      const path = await home(`state-${query.length}`)
      await api.post(path, { metadata: { name: 'there' } })
      await using watch = await api.watch(path + query)
      expect(await watch.take(2)).toEqual(['ADDED kube-root-ca.crt', 'ADDED there'])
      await api.patch(`${path}/there`, 'merge', { data: { a: '1' } })
      expect(await watch.take(1)).toEqual(['MODIFIED there'])
    },
  )

  test('goes on where another one ended', async () => {
    const path = await home('goes-on')
    const first = await api.watch(`${path}?resourceVersion=${await revision(path)}`)
    await api.post(path, { metadata: { name: 'a' } })
    const { object } = await first.next()
    await first[Symbol.asyncDispose]()
    await api.post(path, { metadata: { name: 'b' } })
    await using second = await api.watch(`${path}?resourceVersion=${object.metadata.resourceVersion}`)
    expect(await second.take(1)).toEqual(['ADDED b'])
  })

  test('by labels: what begins to match is added, what no longer does is deleted as it last matched', async () => {
    const path = await home('transitions')
    await using watch = await api.watch(`${path}?${TIER}&resourceVersion=${await revision(path)}`)
    await api.post(path, { metadata: { name: 'cart' } })
    await api.patch(`${path}/cart`, 'merge', { metadata: { labels: { tier: 'web' } }, data: { n: '1' } })
    await api.patch(`${path}/cart`, 'merge', { data: { n: '2' } })
    const { json } = await api.patch(`${path}/cart`, 'merge', {
      metadata: { labels: { tier: 'db' } },
      data: { n: '3' },
    })
    expect(await watch.take(2)).toEqual(['ADDED cart', 'MODIFIED cart'])
    const last = await watch.next()
    expect([last.type, last.object.data.n, last.object.metadata.labels.tier]).toEqual(['DELETED', '2', 'web'])
    expect(last.object.metadata.resourceVersion).toBe(json.metadata.resourceVersion)
    await api.patch(`${path}/cart`, 'merge', { metadata: { labels: { tier: 'web' } } })
    await api.delete(`${path}/cart`)
    expect(await watch.take(2)).toEqual(['ADDED cart', 'DELETED cart'])
  })

  test('by fields, of one object', async () => {
    const path = await home('one-object')
    await using watch = await api.watch(
      `${path}?fieldSelector=metadata.name%3Dtwo&resourceVersion=${await revision(path)}`,
    )
    await api.post(path, { metadata: { name: 'one' } })
    await api.post(path, { metadata: { name: 'two' } })
    expect(await watch.take(1)).toEqual(['ADDED two'])
  })

  test('of all namespaces', async () => {
    const path = await home('everywhere')
    await using watch = await api.watch(`/api/v1/configmaps?${TIER}&resourceVersion=${await revision(path)}`)
    await api.post(path, { metadata: { name: 'far', labels: { tier: 'web' } } })
    expect(await watch.take(1)).toEqual(['ADDED far'])
  })

  test('events of watches that began at different versions come in one order', async () => {
    const path = await home('one-order')
    const watches: OpenWatch[] = []
    const from = await revision(path)
    for (let index = 0; index < 8; index++) {
      const { json } = await api.post(path, { metadata: { name: `n${index}` } })
      watches.push(await api.watch(`${path}?resourceVersion=${index % 2 === 0 ? from : json.metadata.resourceVersion}`))
      await api.patch(`${path}/n0`, 'merge', { data: { index: String(index) } })
    }
    await api.post(path, { metadata: { name: 'end' } })
    const seen = await Promise.all(watches.map(untilEnd))
    const [whole = []] = seen
    for (const one of seen) expect(one).toEqual(whole.slice(whole.length - one.length))
    for (const watch of watches) await watch[Symbol.asyncDispose]()
  })

  test('ends when its time is up, with a bookmark for those who take them', async () => {
    const path = await home('timed')
    await using plain = await api.watch(`${path}?timeoutSeconds=1&resourceVersion=${await revision(path)}`)
    await using marked = await api.watch(
      `${path}?timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${await revision(path)}`,
    )
    const { type, object } = await marked.next()
    expect([type, object.kind, object.apiVersion]).toEqual(['BOOKMARK', 'ConfigMap', 'v1'])
    expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(0)
    expect(await plain.ended()).toBe(true)
    expect(await marked.ended()).toBe(true)
  })

  async function untilEnd(watch: OpenWatch): Promise<string[]> {
    const seen: string[] = []
    for (;;) {
      const { type, object } = await watch.next()
      seen.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`)
      if (object.metadata.name === 'end') return seen
    }
  }
})

describe('a watch that begins as a list', () => {
  const LIST = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'

  test('marks where the list ends', async () => {
    const path = await home('listed')
    await api.post(path, { metadata: { name: 'there' } })
    await using watch = await api.watch(`${path}?${LIST}`)
    expect(await watch.take(2)).toEqual(['ADDED kube-root-ca.crt', 'ADDED there'])
    const { type, object } = await watch.next()
    expect([type, object.metadata.annotations]).toEqual(['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }])
    await api.post(path, { metadata: { name: 'later' } })
    const { object: later } = await watch.next()
    expect(Number(later.metadata.resourceVersion)).toBeGreaterThan(Number(object.metadata.resourceVersion))
  })

  test('also as a Table', async () => {
    const path = await home('listed-table')
    await using watch = await api.watch(`${path}?${LIST}`, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' })
    expect((await watch.next()).object.kind).toBe('Table')
    const { type, object } = await watch.next()
    expect([type, object.rows[0].object.metadata.annotations]).toEqual([
      'BOOKMARK',
      { 'k8s.io/initial-events-end': 'true' },
    ])
  })

  test('waits for a version that is still to come, and says so when it does not', async () => {
    const path = await home('listed-future')
    await using watch = await api.watch(`${path}?${LIST}&resourceVersion=999999999`)
    const { type, object } = await watch.next()
    expect([type, object.code, object.reason, object.message]).toEqual([
      'ERROR',
      504,
      'Timeout',
      expect.stringMatching(/^Timeout: Too large resource version: 999999999, current: \d+$/),
    ])
    expect(await watch.ended()).toBe(true)
  })

  test.each([
    ['sendInitialEvents=true', 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
    [
      'resourceVersionMatch=NotOlderThan',
      'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ])('is asked for whole: %s', async (query, cause) => {
    const { status, json } = await api.get(`/api/v1/configmaps?watch=1&${query}`)
    expect([status, json.details.causes]).toEqual([
      422,
      [{ reason: 'FieldValueForbidden', field: 'resourceVersionMatch', message: cause }],
    ])
  })

  test('without initial events nothing comes until something happens', async () => {
    const path = await home('silent')
    await using watch = await api.watch(`${path}?sendInitialEvents=false&resourceVersionMatch=NotOlderThan`)
    await api.post(path, { metadata: { name: 'first' } })
    expect(await watch.take(1)).toEqual(['ADDED first'])
  })
})

describe('the older paths of watches', () => {
  test.each([
    ['/api/v1/watch/namespaces/older/configmaps', ['ADDED kube-root-ca.crt', 'ADDED there']],
    ['/api/v1/watch/namespaces/older/configmaps/there', ['ADDED there']],
    ['/api/v1/watch/namespaces/older', ['ADDED older']],
    ['/api/v1/watch/configmaps?labelSelector=older', ['ADDED there']],
    ['/apis/apps/v1/watch/deployments?labelSelector=older', ['ADDED there']],
  ])('%s', async (path, expected) => {
    if ((await api.get('/api/v1/namespaces/older')).status === 404) {
      await api.post(await home('older'), { metadata: { name: 'there', labels: { older: '' } } })
      const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
      const spec = { replicas: 0, selector: { matchLabels: { a: 'b' } }, template }
      const metadata = { name: 'there', labels: { older: '' } }
      await api.post('/apis/apps/v1/namespaces/older/deployments', { metadata, spec })
    }
    await using watch = await api.watch(path)
    expect(await watch.take(expected.length)).toEqual(expected)
  })
})

describe('a watch that cannot be', () => {
  test('of a version that is no number', async () => {
    const { status, json } = await api.get('/api/v1/configmaps?watch=1&resourceVersion=soon')
    expect([status, json.message]).toEqual([
      500,
      'resourceVersion: Invalid value: "soon": strconv.ParseUint: parsing "soon": invalid syntax',
    ])
  })

  test.each([
    ['labelSelector=a%20in', "unable to parse requirement: found '' expected: '('"],
    ['fieldSelector=spec.size%3D1', 'field label not supported: spec.size'],
    ['timeoutSeconds=long', 'strconv.ParseInt: parsing "long": invalid syntax'],
  ])('by what it cannot be selected by: %s', async (query, message) => {
    const { status, json } = await api.get(`/api/v1/configmaps?watch=1&${query}`)
    expect([status, json.reason]).toEqual([400, 'BadRequest'])
    expect(json.message).toContain(message)
  })

  test('of a kind that is not watched', async () => {
    expect((await api.get('/api/v1/watch/componentstatuses')).status).toBe(405)
  })

  test('one object is read, not watched, by its own path', async () => {
    const { json } = await api.get('/api/v1/namespaces/default?watch=true')
    expect(json.kind).toBe('Namespace')
  })
})

test('protobuf events: the length of each, then the event', async () => {
  const path = await home('protobuf')
  await using watch = await api.watch(path, { accept: 'application/vnd.kubernetes.protobuf;stream=watch' })
  expect(watch.headers['content-type']).toBe('application/vnd.kubernetes.protobuf;stream=watch')
  await watch.until(() => watch.bytes.length > 4)
  const size = watch.bytes.readUInt32BE(0)
  await watch.until(() => watch.bytes.length >= 4 + size)
  const event = watch.bytes.subarray(4, 4 + size)
  const envelope = event.subarray(event.indexOf('k8s\0'))
  expect(event.includes('ADDED')).toBe(true)
  expect(decodeProtobuf(envelope)).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt' } })
})

describe('history that is forgotten', () => {
  test('ends a watch with an event, and a list with a refusal', async () => {
    const path = await home('forgotten')
    const old = await revision(path)
    await api.post(path, { metadata: { name: 'a' } })
    api.platform.store.compact(api.platform.store.revision)
    await using watch = await api.watch(`${path}?resourceVersion=${old}`)
    const { type, object } = await watch.next()
    expect([watch.status, type, object.kind, object.code, object.reason]).toEqual([
      200,
      'ERROR',
      'Status',
      410,
      'Expired',
    ])
    expect(object.message).toMatch(/^too old resource version: \d+ \(\d+\)$/)
    expect(await watch.ended()).toBe(true)
    const { status, json } = await api.get(`${path}?resourceVersion=${old}&resourceVersionMatch=Exact`)
    expect([status, json.reason]).toEqual([410, 'Expired'])
  })
})
