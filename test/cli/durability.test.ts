import { afterEach, beforeEach, expect, test } from 'vitest'
import { StatusError } from '../../src/api/errors.ts'
import { ConfigMap } from '../../src/api/kinds/core/config-map.ts'
import { Node } from '../../src/api/kinds/core/node.ts'
import type { WatchEvent } from '../../src/api/request.ts'
import { SeededRandom } from '../../src/world/random.ts'
import { connect } from '../../src/cli/connect.ts'
import { type Client, isConflict, isNotFound } from '../../src/client/client.ts'
import { CliHome, type UpDocument } from './dabba.ts'

const NAMESPACE = 'default'
const WRITERS = 6
const CRASHES = 4
/** A text that shows whether all of it was written. */
const PAYLOAD_LENGTH = 2_000

let home: CliHome

beforeEach(() => {
  home = new CliHome()
})

afterEach(() => home[Symbol.dispose]())

/** What a client was told of one name, and what it does not know: the one write that was under way. */
interface Known {
  /** The last answer: the object, or undefined after an answered delete or before any create. */
  object: ConfigMap | undefined
  /** Set while a write is not answered: what it would make of the object. */
  pending: { readonly serial: string | undefined } | undefined
}

function configMap(name: string, serial: string): ConfigMap {
  const payload = serial.padEnd(PAYLOAD_LENGTH, `-${serial}`)
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name }, data: { serial, payload } }
}

interface Writing {
  readonly writer: string
  /** Called with each answer. */
  readonly onAnswer: () => void
}

/** Writes one name after the other, as fast as answers come, until the connection breaks. */
async function write(client: Client, known: Map<string, Known>, { writer, onAnswer }: Writing): Promise<void> {
  for (let turn = 0; ; turn++) {
    const name = `${writer}-${turn % 20}`
    const state = known.get(name) ?? { object: undefined, pending: undefined }
    known.set(name, state)
    const serial = `${writer}.${turn}`
    const deletes = state.object !== undefined && turn % 7 === 0
    state.pending = { serial: deletes ? undefined : serial }
    try {
      if (state.object === undefined) state.object = await client.create(configMap(name, serial))
      else if (deletes) {
        await client.delete(ConfigMap, { namespace: NAMESPACE, name })
        state.object = undefined
      } else {
        const { resourceVersion } = state.object.metadata
        const next = configMap(name, serial)
        state.object = await client.update({ ...next, metadata: { ...next.metadata, resourceVersion } } as ConfigMap)
      }
    } catch (error) {
      if (error instanceof StatusError) throw error
      return
    }
    state.pending = undefined
    onAnswer()
  }
}

/** Every answered write is there with its resourceVersion; the one that was under way is there whole, or not at all. */
async function expectKept(client: Client, known: Map<string, Known>): Promise<void> {
  const { items } = await client.list(ConfigMap, { namespace: NAMESPACE })
  const found = new Map(items.map((item) => [item.metadata.name, item]))
  for (const [name, state] of known) {
    const now = found.get(name)
    if (now !== undefined) expect(now.data).toEqual(configMap(name, now.data?.['serial'] ?? '').data)
    const isAsAnswered = now?.metadata.resourceVersion === state.object?.metadata.resourceVersion
    const isAsPending = state.pending !== undefined && now?.data?.['serial'] === state.pending.serial
    expect(isAsAnswered || isAsPending, `${name}: neither what was answered nor what was under way`).toBe(true)
    state.object = now
    state.pending = undefined
  }
}

/** All events after `resourceVersion`, up to what there is now. */
async function eventsSince(client: Client, resourceVersion: string, last: string): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  await new Promise<void>((resolve, reject) => {
    const watch = client.watch(
      ConfigMap,
      { namespace: NAMESPACE, resourceVersion },
      {
        event: (event) => {
          events.push(event as WatchEvent)
          if (event.object.metadata.name === last) watch.stop()
        },
        closed: (error) => (error === undefined ? resolve() : reject(error)),
      },
    )
  })
  return events
}

/** What a list at `start` becomes by these events. */
function replay(start: readonly ConfigMap[], events: readonly WatchEvent[]): Map<string, string | undefined> {
  const versions = new Map(start.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
  let newest = 0
  for (const { type, object } of events) {
    const revision = Number(object.metadata.resourceVersion)
    expect(revision).toBeGreaterThan(newest)
    newest = revision
    if (type === 'DELETED') versions.delete(object.metadata.name)
    else versions.set(object.metadata.name, object.metadata.resourceVersion)
  }
  return versions
}

const clientOf = ({ kubeconfig }: UpDocument): Client => connect({ name: undefined, kubeconfig })

test('a cluster that is killed while it writes keeps every write that it answered, and watches go on', async () => {
  const dice = new SeededRandom(`crash ${process.pid}`)
  const known = new Map<string, Known>()
  const args = ['--data-dir', 'state', '--port', '0']
  let answered = 0
  let { cli, document } = await home.up(args)
  const began = await clientOf(document).list(ConfigMap, { namespace: NAMESPACE })
  for (let crash = 0; crash < CRASHES; crash++) {
    const enough = answered + 2 * WRITERS
    const under = Promise.withResolvers<void>()
    const onAnswer = (): void => {
      if (++answered >= enough) under.resolve()
    }
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, index) =>
        write(clientOf(document), known, { writer: `w${index}`, onAnswer }),
      ),
    )
    await Promise.race([under.promise, writing])
    await new Promise((resolve) => setTimeout(resolve, dice.below(600)))
    await cli.stop('SIGKILL')
    await writing
    ;({ cli, document } = await home.up(args))
    await expectKept(clientOf(document), known)
  }
  expect(answered).toBeGreaterThan(CRASHES * WRITERS)

  const client = clientOf(document)
  await client.create(configMap('the-last', 'last'))
  const { items } = await client.list(ConfigMap, { namespace: NAMESPACE })
  const events = await eventsSince(client, began.metadata.resourceVersion ?? '', 'the-last')
  const replayed = replay(began.items, events)
  expect(replayed).toEqual(new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion])))
  console.log(`durability: ${answered} answered writes over ${CRASHES} kills, all there`)
  await cli.stop()
})

test('a cluster that is killed while it starts, starts again and is whole', async () => {
  const dice = new SeededRandom(`start ${process.pid}`)
  const args = ['--data-dir', 'state', '--port', '0', '--nodes', '3']
  let authority: string | undefined
  for (let crash = 0; crash < 6; crash++) {
    const cli = home.start(['up', ...args])
    await new Promise((resolve) => setTimeout(resolve, 200 + dice.below(700)))
    await cli.stop('SIGKILL')
  }
  for (let round = 0; round < 2; round++) {
    const { cli, document } = await home.up(args)
    const client = clientOf(document)
    expect((await client.list(Node)).items).toHaveLength(3)
    const key = { namespace: 'kube-system', name: 'kube-root-ca.crt' }
    const published = await untilThere(() => client.get(ConfigMap, key))
    expect(authority ?? published.data?.['ca.crt']).toBe(published.data?.['ca.crt'])
    authority = published.data?.['ca.crt']
    expect((await cli.stop()).code).toBe(0)
  }
})

test('a write that was refused, and one that lost the race, leave nothing behind a crash', async () => {
  const args = ['--data-dir', 'state', '--port', '0']
  const { cli, document } = await home.up(args)
  const client = clientOf(document)
  const first = await client.create(configMap('raced', '1'))
  const second = await client.update({ ...configMap('raced', '2'), metadata: first.metadata })
  const lost = client.update({ ...configMap('raced', '3'), metadata: first.metadata })
  await expect(lost).rejects.toSatisfy(isConflict)
  await expect(client.create({ ...configMap('Not A Name', '1') })).rejects.toThrow('Invalid value')
  await cli.stop('SIGKILL')
  const { document: again } = await home.up(args)
  const { items } = await clientOf(again).list(ConfigMap, { namespace: NAMESPACE })
  const own = items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
  expect(own.map(({ metadata }) => [metadata.name, metadata.resourceVersion])).toEqual([
    ['raced', second.metadata.resourceVersion],
  ])
  await expect(clientOf(again).delete(ConfigMap, { namespace: NAMESPACE, name: 'none' })).rejects.toSatisfy(isNotFound)
})

async function untilThere<T>(read: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = Date.now() + 60_000
  while (Date.now() < deadlineMs) {
    const found = await read()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('not there after a minute')
}
