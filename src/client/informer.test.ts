import { describe, expect, test } from 'vitest'
import { expired, StatusError } from '../api/errors.ts'
import { ConfigMap } from '../api/kinds/core/config-map.ts'
import type { ApiObject } from '../api/object.ts'
import type { ApiRequest, Transport, Watch, WatchHandler, WatchRequest } from '../api/request.ts'
import { Scheme } from '../api/scheme.ts'
import { VirtualClock } from '../world/virtual-clock.ts'
import { Client } from './client.ts'
import { Informer } from './informer.ts'

/** A server whose watches the test plays by hand. */
class PlayedServer implements Transport {
  readonly watches: { request: WatchRequest; handler: WatchHandler; isStopped: boolean }[] = []

  send(request: ApiRequest): Promise<unknown> {
    throw new Error(`nobody sends ${request.verb}`)
  }

  watch(request: WatchRequest, handler: WatchHandler): Watch {
    const watch = { request, handler, isStopped: false }
    this.watches.push(watch)
    return { stop: () => (watch.isStopped = true) }
  }

  /** Tells the newest watch what there is, and that this is all. */
  list(...objects: ApiObject[]): void {
    for (const object of objects) this.event('ADDED', object)
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    this.event('BOOKMARK', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '', annotations } })
  }

  event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: ApiObject): void {
    this.watches.at(-1)?.handler.event({ type, object })
  }

  close(error?: Error): void {
    this.watches.at(-1)?.handler.closed(error)
  }
}

function map(name: string, resourceVersion: string, labels: Record<string, string> = {}): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', resourceVersion, labels } }
}

function start() {
  const server = new PlayedServer()
  const clock = new VirtualClock(0)
  const client = new Client({ transport: server, scheme: new Scheme(), user: { username: 'me' }, fieldManager: 'me' })
  const informer = new Informer(client, ConfigMap, clock)
  const seen: string[] = []
  informer.handle({
    added: ({ metadata }) => seen.push(`+${metadata.name}`),
    updated: ({ metadata }) => seen.push(`~${metadata.name}`),
    deleted: ({ metadata }) => seen.push(`-${metadata.name}`),
  })
  informer.start()
  const told = (): readonly string[] => seen.splice(0)
  const names = (): readonly string[] => [...informer.values()].map(({ metadata }) => metadata.name)
  return { server, clock, informer, told, names }
}

describe('an informer', () => {
  test('has synced once the list is complete', async () => {
    const { server, informer, told } = start()
    let isSynced = false
    void informer.synced().then(() => (isSynced = true))
    server.event('ADDED', map('a', '1'))
    await Promise.resolve()
    expect([isSynced, informer.hasSynced]).toEqual([false, false])
    server.list(map('b', '2'))
    await informer.synced()
    expect([isSynced, informer.hasSynced, told()]).toEqual([true, true, ['+a', '+b']])
  })

  test.each([
    { what: 'history that is forgotten', error: expired('too old resource version: 3 (9)'), delayMs: 1_000 },
    { what: 'a connection that is cut', error: new Error('socket hang up'), delayMs: 1_000 },
    { what: 'a server that is busy', error: new StatusError(429, 'TooManyRequests', 'later'), delayMs: 1_000 },
    { what: 'a watch whose time is up', error: undefined, delayMs: 0 },
  ])('lists again after $what, and tells what came, changed and went meanwhile', async ({ error, delayMs }) => {
    const { server, clock, told, names } = start()
    server.list(map('same', '1'), map('changed', '2'), map('gone', '3'))
    told()
    server.close(error)
    await clock.advance(Math.max(0, delayMs - 1))
    expect(server.watches).toHaveLength(delayMs === 0 ? 2 : 1)
    await clock.advance(1)
    expect(server.watches).toHaveLength(2)
    server.event('ADDED', map('same', '1'))
    server.event('ADDED', map('changed', '9'))
    // Until the list is complete nobody knows what is missing from it.
    expect([told(), names()]).toEqual([['~changed'], ['same', 'changed', 'gone']])
    server.list(map('new', '10'))
    expect([told(), names()]).toEqual([
      ['+new', '-gone'],
      ['same', 'changed', 'new'],
    ])
  })

  test('tries again for as long as it takes', async () => {
    const { server, clock, informer } = start()
    for (let failures = 0; failures < 10; failures++) {
      server.close(new Error('refused'))
      await clock.advance(1_000)
    }
    expect(server.watches).toHaveLength(11)
    server.list(map('a', '1'))
    expect(informer.size).toBe(1)
  })

  test('that is stopped follows nothing more', async () => {
    const { server, clock, informer } = start()
    server.list()
    server.close(new Error('refused'))
    informer.stop()
    await clock.advance(60_000)
    expect(server.watches).toHaveLength(1)
    const other = start()
    other.informer.stop()
    expect(other.server.watches[0]?.isStopped).toBe(true)
  })

  test('keeps its indices through changes, deletions and new lists', async () => {
    const { server, clock, informer } = start()
    server.list(map('a', '1', { app: 'web' }), map('b', '2', { app: 'web' }))
    informer.addIndex('app', ({ metadata }) => Object.values(metadata.labels ?? {}))
    const apps = (app: string): readonly string[] => informer.byIndex('app', app).map(({ metadata }) => metadata.name)
    expect([apps('web'), apps('cart')]).toEqual([['a', 'b'], []])
    server.event('MODIFIED', map('a', '3', { app: 'cart' }))
    expect([apps('web'), apps('cart')]).toEqual([['b'], ['a']])
    server.event('DELETED', map('b', '4', { app: 'web' }))
    expect([apps('web'), apps('cart')]).toEqual([[], ['a']])
    server.close()
    await clock.advance(1)
    server.list(map('c', '5', { app: 'web' }))
    expect([apps('web'), apps('cart')]).toEqual([['c'], []])
  })

  test('tells a handler that comes late what is there already, and one that left nothing', () => {
    const { server, informer } = start()
    server.list(map('a', '1'))
    const late: string[] = []
    const off = informer.handle({ added: ({ metadata }) => late.push(metadata.name) })
    server.event('ADDED', map('b', '2'))
    off()
    server.event('ADDED', map('c', '3'))
    expect(late).toEqual(['a', 'b'])
  })
})
