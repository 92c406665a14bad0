import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreV1Api, type KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SqliteEngine } from '../../../src/store/engines/sqlite.ts'
import { freePort } from '../free-port.ts'
import { changed, ConnectedCluster, until } from './connected-cluster.ts'

const NAMESPACE = 'default'
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`
const RETRY_MS = 50
const NAMES = ['a', 'b', 'c', 'd', 'e']

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dabba-informers-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A cluster over the data of this test: the next one goes on where the last one stopped. */
async function start(previous?: ConnectedCluster): Promise<ConnectedCluster> {
  const engine = new SqliteEngine(join(folder, 'store.db'))
  // One that nobody takes between two servers.
  if (previous === undefined) return ConnectedCluster.start({ engine, port: await freePort() })
  const { platform, access } = previous.served
  return ConnectedCluster.start({ engine, identity: platform.identity, port: Number(new URL(access.url).port) })
}

/** What an informer told, as `name@version`, and what it holds. It starts anew after every error, as its users must. */
class Observed implements AsyncDisposable {
  readonly told: string[] = []
  readonly removed: string[] = []
  errors = 0
  readonly #informer
  #isStopped = false

  constructor(config: KubeConfig) {
    const core = config.makeApiClient(CoreV1Api)
    const list = () => core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'kind=toy' })
    this.#informer = makeInformer<V1ConfigMap>(config, PATH, list, 'kind=toy')
    this.#informer.on('change', (object) => this.told.push(versionOf(object)))
    this.#informer.on('delete', (object) => this.removed.push(object.metadata?.name ?? ''))
    this.#informer.on('error', () => {
      // That it was stopped is an error too.
      if (this.#isStopped) return
      this.errors++
      setTimeout(() => !this.#isStopped && void this.#informer.start(), RETRY_MS)
    })
  }

  start(): Promise<void> {
    this.#isStopped = false
    return this.#informer.start()
  }

  stop(): Promise<void> {
    this.#isStopped = true
    return this.#informer.stop()
  }

  /** What is in its cache, in the order of names. */
  get held(): string[] {
    return this.#informer.list().map(versionOf).toSorted()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

function versionOf({ metadata }: V1ConfigMap): string {
  return `${metadata?.name}@${metadata?.resourceVersion}`
}

/** Writes objects of the kind that the informer is about, and keeps what the server answered. */
class Writer {
  readonly answers: string[] = []
  readonly #core: CoreV1Api

  constructor(config: KubeConfig) {
    this.#core = config.makeApiClient(CoreV1Api)
  }

  async create(name: string): Promise<void> {
    const body = { metadata: { name, labels: { kind: 'toy' } }, data: { turn: '0' } }
    this.answers.push(versionOf(await this.#core.createNamespacedConfigMap({ namespace: NAMESPACE, body })))
  }

  async update(name: string, turn: number): Promise<void> {
    const current = await this.#core.readNamespacedConfigMap({ namespace: NAMESPACE, name })
    const body = changed(current, { data: { turn: String(turn) } })
    this.answers.push(versionOf(await this.#core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name, body })))
  }

  async delete(name: string): Promise<void> {
    await this.#core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name })
  }

  async state(): Promise<string[]> {
    const { items } = await this.#core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'kind=toy' })
    return items.map(versionOf)
  }
}

test('an informer misses nothing while the API server restarts, and is told nothing twice', async () => {
  await using clusters = new AsyncDisposableStack()
  const first = clusters.use(await start())
  await using observed = new Observed(first.config)
  const writer = new Writer(first.config)
  await observed.start()
  for (const name of NAMES) await writer.create(name)
  let running = first
  for (let restart = 1; restart <= 3; restart++) {
    // The last of these are on their way to the informer when the server stops.
    for (const name of NAMES) await writer.update(name, restart)
    await running.served.platform.stop()
    running = clusters.use(await start(running))
    // The first of these are written before the informer is back.
    for (const name of NAMES) await writer.update(name, 10 + restart)
  }
  await writer.delete('e')
  await until(() => observed.removed.length === 1, 'the deletion is told')

  expect(observed.told.slice(0, -1)).toEqual(writer.answers)
  expect(observed.told.at(-1)).toMatch(/^e@/)
  expect(observed.held).toEqual(await writer.state())
  expect(observed.held).toHaveLength(NAMES.length - 1)
  expect(running.served.errors).toEqual([])
})

test('an informer that comes back to a forgotten version lists anew and ends with what the server has', async () => {
  await using cluster = await start()
  const { store } = cluster.served.platform
  await using observed = new Observed(cluster.config)
  const writer = new Writer(cluster.config)
  for (const name of NAMES) await writer.create(name)
  await observed.start()
  await until(() => observed.held.length === NAMES.length, 'all are held')
  await observed.stop()

  await writer.delete('a')
  await writer.update('b', 1)
  await writer.delete('c')
  await writer.create('c')
  await writer.create('f')
  store.compact(store.revision)
  await observed.start()
  await until(() => observed.held.length === NAMES.length && !observed.held.join().includes('a@'), 'it has caught up')
  expect(observed.held).toEqual(await writer.state())
  expect(observed.removed).toEqual(['a'])
  expect(observed.errors).toBe(0)

  // And it goes on from there.
  await writer.update('f', 1)
  await until(() => observed.told.at(-1) === writer.answers.at(-1), 'the next change is told')
  expect(observed.held).toEqual(await writer.state())
})

test('a history that a restart did not keep is a version forgotten, not an event lost', async () => {
  await using first = await start()
  await using observed = new Observed(first.config)
  const writer = new Writer(first.config)
  for (const name of NAMES) await writer.create(name)
  await observed.start()
  await until(() => observed.held.length === NAMES.length, 'all are held')
  await observed.stop()
  await writer.delete('b')
  for (let turn = 0; turn < 5; turn++) await writer.update('d', turn)
  const { store } = first.served.platform
  store.compact(store.revision)
  await first.served.platform.stop()
  await using second = await start(first)
  await observed.start()
  await until(() => observed.removed.length === 1, 'the deletion is told')
  expect(observed.removed).toEqual(['b'])
  expect(observed.held).toEqual(await new Writer(second.config).state())
})
