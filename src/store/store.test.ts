import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import { RealClock } from '../world/real-clock.ts'
import type { Engine, StoreEvent } from './engine.ts'
import { MemoryEngine } from './engines/memory.ts'
import { SqliteEngine } from './engines/sqlite.ts'
import { Store } from './store.ts'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dabba-store-'))
  folders.push(folder)
  return join(folder, 'store.db')
}

const ENGINES: readonly { name: string; open: () => Engine }[] = [
  { name: 'memory', open: () => new MemoryEngine() },
  { name: 'sqlite', open: () => new SqliteEngine(temporaryFile()) },
]

function pod(name: string, image = 'nginx', namespace = 'default'): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { image } } as ApiObject
}

function storeOn(engine: Engine, historyMax?: number): Store {
  return new Store({ engine, clock: new RealClock(), ...(historyMax === undefined ? {} : { historyMax }) })
}

describe.each(ENGINES)('$name store', ({ open }) => {
  test('every write takes the next revision, and the object carries it', async () => {
    const store = storeOn(open())
    const before = store.revision
    const written = await store.create('/pods', pod('a'))
    expect(written.metadata.resourceVersion).toBe(String(before + 1))
    expect(store.get('/pods', { namespace: 'default', name: 'a' })).toBe(written)
    store.close()
  })

  test('a taken name, a missing object and a lost race are refused in the words of the API', async () => {
    const store = storeOn(open())
    const first = await store.create('/pods', pod('a'))
    await expect(store.create('/pods', pod('a'))).rejects.toMatchObject({ reason: 'AlreadyExists' })
    await expect(store.update('/pods', pod('b'))).rejects.toMatchObject({ reason: 'NotFound' })
    const expected = first.metadata.resourceVersion
    await store.update('/pods', pod('a', 'v2'), { expected })
    await expect(store.update('/pods', pod('a', 'v3'), { expected })).rejects.toMatchObject({ reason: 'Conflict' })
    store.close()
  })

  test('of many writes that expect one revision, one wins', async () => {
    const store = storeOn(open())
    const { metadata } = await store.create('/pods', pod('a'))
    const racers = Array.from({ length: 20 }, (_, index) =>
      store.update('/pods', pod('a', `v${index}`), { expected: metadata.resourceVersion }),
    )
    const outcomes = await Promise.allSettled(racers)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    store.close()
  })

  test('a watch sees what is in the log and then what comes, in order and without gaps', async () => {
    const store = storeOn(open())
    const from = store.revision
    await store.create('/pods', pod('a'))
    await store.create('/services', pod('elsewhere'))
    const seen: StoreEvent[] = []
    const stop = store.watch('/pods', from, (event) => seen.push(event))
    await store.update('/pods', pod('a', 'v2'))
    await store.delete('/pods', { namespace: 'default', name: 'a' })
    stop()
    await store.create('/pods', pod('late'))
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    expect(seen[2]?.object.metadata.resourceVersion).toBe(String(seen[2]?.revision))
    expect(seen[1]?.previous).toBe(seen[0]?.object)
    store.close()
  })

  test('events of a listener that writes come after the ones that it heard of', async () => {
    const store = storeOn(open())
    const order: string[] = []
    store.watch('/pods', store.revision, ({ object }) => {
      if (object.metadata.name === 'a') void store.create('/pods', pod('b'))
    })
    store.watch('/pods', store.revision, ({ object }) => order.push(object.metadata.name))
    await store.create('/pods', pod('a'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(order).toEqual(['a', 'b'])
    store.close()
  })

  test('lists are in the order of keys, now and at a past revision', async () => {
    const store = storeOn(open())
    await store.create('/pods', pod('b'))
    await store.create('/pods', pod('a', 'nginx', 'zoo'))
    const { metadata } = await store.create('/pods', pod('a'))
    await store.delete('/pods', { namespace: 'default', name: 'b' })
    await store.update('/pods', pod('a', 'v2'))
    const names = (items: readonly ApiObject[]): string[] =>
      items.map((item) => `${item.metadata.namespace}/${item.metadata.name}`)
    expect(names(store.list('/pods').items)).toEqual(['default/a', 'zoo/a'])
    const past = store.listAt('/pods', Number(metadata.resourceVersion))
    expect(names(past.items)).toEqual(['default/a', 'default/b', 'zoo/a'])
    expect(past.items[0]).toMatchObject({ spec: { image: 'nginx' } })
    store.close()
  })

  test('what the log has forgotten is 410 Gone', async () => {
    const store = storeOn(open(), 10)
    const from = store.revision
    for (let count = 0; count < 50; count++) await store.create('/pods', pod(`p${count}`))
    expect(() => store.watch('/pods', from, () => undefined)).toThrow(/too old resource version/)
    expect(() => store.listAt('/pods', from)).toThrow(/too old/)
    store.close()
  })
})

describe('a store on SQLite', () => {
  test('a restart restores objects, revision and the history that watches resume from', async () => {
    const path = temporaryFile()
    const first = storeOn(new SqliteEngine(path))
    const { metadata } = await first.create('/pods', pod('a'))
    await first.update('/pods', pod('a', 'v2'))
    await first.create('/pods', pod('b'))
    await first.delete('/pods', { namespace: 'default', name: 'b' })
    const { revision } = first
    first.close()

    const second = storeOn(new SqliteEngine(path))
    expect(second.revision).toBe(revision)
    expect(second.list('/pods').items).toMatchObject([{ metadata: { name: 'a' }, spec: { image: 'v2' } }])
    const seen: string[] = []
    second.watch('/pods', Number(metadata.resourceVersion), ({ type, object }) =>
      seen.push(`${type} ${object.metadata.name}`),
    )
    expect(seen).toEqual(['MODIFIED a', 'ADDED b', 'DELETED b'])
    second.close()
  })

  test('a restart after compaction keeps the state and refuses older watches', async () => {
    const path = temporaryFile()
    const first = storeOn(new SqliteEngine(path))
    const from = first.revision
    await first.create('/pods', pod('a'))
    await first.update('/pods', pod('a', 'v2'))
    await first.create('/pods', pod('gone'))
    await first.delete('/pods', { namespace: 'default', name: 'gone' })
    first.compact(first.revision)
    first.close()

    const second = storeOn(new SqliteEngine(path))
    expect(second.list('/pods').items).toMatchObject([{ metadata: { name: 'a' }, spec: { image: 'v2' } }])
    expect(() => second.watch('/pods', from, () => undefined)).toThrow(/too old resource version/)
    second.close()
  })

  test('a batch that cannot be made durable is not seen, and its writers are told', async () => {
    const engine = new SqliteEngine(temporaryFile())
    const store = storeOn(engine)
    await store.create('/pods', pod('a'))
    const { revision } = store
    const cyclic = pod('broken') as ApiObject & { self?: unknown }
    cyclic.self = cyclic
    const seen: StoreEvent[] = []
    store.watch('/pods', revision, (event) => seen.push(event))
    await expect(store.create('/pods', cyclic)).rejects.toThrow(/circular/i)
    expect(seen).toEqual([])
    expect(store.revision).toBe(revision)
    expect(store.get('/pods', { namespace: 'default', name: 'broken' })).toBeUndefined()
    await store.create('/pods', pod('b'))
    expect(seen).toHaveLength(1)
    store.close()
  })

  test('a second process is told that the file is taken', () => {
    const path = temporaryFile()
    const engine = new SqliteEngine(path)
    expect(() => new SqliteEngine(path)).toThrow(/another process has it open/)
    engine.close()
  })

  test('a file that is no store is refused by name', () => {
    const path = join(temporaryFile(), 'missing', 'store.db')
    expect(() => new SqliteEngine(path)).toThrow(/Cannot read the store/)
  })
})
