import { CoreV1Api, type V1ConfigMap, Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changed, ConnectedCluster, until } from './connected-cluster.ts'

const NAMESPACE = 'default'
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`

let cluster: ConnectedCluster
let core: CoreV1Api

beforeAll(async () => {
  cluster = await ConnectedCluster.start()
  core = cluster.config.makeApiClient(CoreV1Api)
})

afterAll(() => cluster[Symbol.asyncDispose]())

interface Watched extends Disposable {
  /** `TYPE name`, in the order of events. */
  readonly events: string[]
  readonly objects: V1ConfigMap[]
  /** What the watch ended with, once it has. */
  ended?: { readonly error: unknown }
}

async function watch(query: Record<string, string | number | boolean>): Promise<Watched> {
  const events: string[] = []
  const objects: V1ConfigMap[] = []
  const onEvent = (type: string, object: V1ConfigMap): void => {
    events.push(`${type} ${object.metadata?.name ?? ''}`.trim())
    objects.push(object)
  }
  const watched: Watched = { events, objects, [Symbol.dispose]: () => connection.abort() }
  const connection = await new Watch(cluster.config).watch(PATH, query, onEvent, (error: unknown) => {
    watched.ended = { error }
  })
  return watched
}

function create(name: string, labels: Record<string, string>): Promise<V1ConfigMap> {
  return core.createNamespacedConfigMap({ namespace: NAMESPACE, body: { metadata: { name, labels } } })
}

async function relabel(name: string, labels: Record<string, string>): Promise<void> {
  const current = await core.readNamespacedConfigMap({ namespace: NAMESPACE, name })
  const body = changed(current, { metadata: changed(current.metadata, { labels }) })
  await core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name, body })
}

async function remove(name: string): Promise<void> {
  await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name })
}

test('what comes to match a selector is added, and what no longer does is deleted', async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace: NAMESPACE })
  using watched = await watch({ resourceVersion: metadata?.resourceVersion ?? '', labelSelector: 'team=a' })
  await create('first', { team: 'a' })
  await create('second', { team: 'b' })
  await relabel('second', { team: 'a' })
  await relabel('first', { team: 'a', seen: 'yes' })
  await relabel('second', { team: 'c' })
  await remove('second')
  await remove('first')
  await until(() => watched.events.length === 5, 'five events have come')
  expect(watched.events).toEqual(['ADDED first', 'ADDED second', 'MODIFIED first', 'DELETED second', 'DELETED first'])
  // What left the selection is shown as it was within it, at the version at which it left.
  expect(watched.objects[3]?.metadata?.labels).toEqual({ team: 'a' })
})

test('a watch from a version begins with what came after it', async () => {
  const past = await create('past', { series: 'x' })
  await create('present', { series: 'x' })
  await remove('past')
  using watched = await watch({ resourceVersion: past.metadata?.resourceVersion ?? '', labelSelector: 'series=x' })
  await until(() => watched.events.length === 2, 'both events have come')
  expect(watched.events).toEqual(['ADDED present', 'DELETED past'])
  await remove('present')
})

test('a watch that asks for the initial state gets it, marked by a bookmark, and then the changes', async () => {
  await create('here', { list: 'y' })
  await create('there', { list: 'y' })
  using watched = await watch({
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
    labelSelector: 'list=y',
  })
  await until(() => watched.events.length === 3, 'the initial state has come')
  expect(watched.events).toEqual(['ADDED here', 'ADDED there', 'BOOKMARK'])
  expect(watched.objects[2]?.metadata?.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
  await remove('here')
  await until(() => watched.events.length === 4, 'the change has come')
  expect(watched.events[3]).toBe('DELETED here')
  await remove('there')
})

test('a watch ends without an error when its time is over, and goes on from there', async () => {
  const before = await create('early', { timed: 'z' })
  const resourceVersion = before.metadata?.resourceVersion ?? ''
  const query = { resourceVersion, labelSelector: 'timed=z' }
  using short = await watch({ ...query, timeoutSeconds: 1 })
  await until(() => short.ended !== undefined, 'the watch has ended')
  expect(short.ended).toEqual({ error: null })
  expect(short.events).toEqual([])
  await create('late', { timed: 'z' })
  using next = await watch(query)
  await until(() => next.events.length === 1, 'the event has come')
  expect(next.events).toEqual(['ADDED late'])
})

test('a watch from a forgotten version ends at once with 410', async () => {
  const old = await create('old', {})
  await remove('old')
  const { store } = cluster.served.platform
  store.compact(store.revision)
  using watched = await watch({ resourceVersion: old.metadata?.resourceVersion ?? '' })
  await until(() => watched.ended !== undefined, 'the watch has ended')
  expect(watched.events).toEqual(['ERROR'])
  expect(watched.objects[0]).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' })
})
