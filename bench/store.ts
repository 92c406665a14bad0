/**
 * Durable writes a second: our store over SQLite beside etcd, both with a full sync, on the same disk. Ours is called
 * in this process, as the API server calls it; etcd is asked by gRPC over loopback, as kube-apiserver asks it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiObject } from '../src/api/object.ts'
import { SqliteEngine } from '../src/store/engines/sqlite.ts'
import { Store } from '../src/store/store.ts'
import { RealClock } from '../src/world/real-clock.ts'
import { etcdVersion, startEtcd } from './etcd.ts'

const WRITERS = [1, 16, 256]
const OBJECT_BYTES = 1_000
const SECONDS = 3
const WARM_UP_SECONDS = 1

/** Writes one object under this name; resolves when it is durable. */
type Write = (name: string) => Promise<unknown>

const directory = mkdtempSync(join(tmpdir(), 'dabba-store-'))
try {
  await main()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const version = etcdVersion()
  if (version === undefined) console.log('store: etcd is not installed (Debian: etcd-server), so only ours is measured')
  const store = new Store({ engine: new SqliteEngine(join(directory, 'store.db')), clock: new RealClock() })
  const ours: Write = (name) => store.create('/configmaps', configMap(name))
  try {
    if (version === undefined) return await compare(ours, undefined, '')
    await using etcd = await startEtcd(join(directory, 'etcd'))
    await compare(ours, (name) => etcd.put(`/registry/configmaps/default/${name}`, bytesOf(name)), version)
  } finally {
    store.close()
  }
}

/** In turns, since a disk has its moods. */
async function compare(ours: Write, theirs: Write | undefined, version: string): Promise<void> {
  for (const write of [ours, theirs]) {
    if (write !== undefined) await rate(write, { writers: 16, seconds: WARM_UP_SECONDS, prefix: 'warm' })
  }
  for (const writers of WRITERS) {
    const round = { writers, seconds: SECONDS, prefix: `w${writers}` }
    const our = await rate(ours, round)
    const their = theirs === undefined ? undefined : await rate(theirs, round)
    const beside =
      their === undefined ? '' : `, etcd ${version} ${their.toFixed(0)}/s, ratio ${(our / their).toFixed(2)}`
    console.log(`store: ${String(writers).padStart(3)} writers of 1 kB: SQLite ${our.toFixed(0)}/s${beside}`)
  }
}

/** Each writer waits for its write before it makes the next one. */
async function rate(
  write: Write,
  { writers, seconds, prefix }: { writers: number; seconds: number; prefix: string },
): Promise<number> {
  const began = performance.now()
  const endsAt = began + seconds * 1_000
  let written = 0
  const writer = async (): Promise<void> => {
    while (performance.now() < endsAt) await write(`${prefix}-${written++}`)
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return written / ((performance.now() - began) / 1_000)
}

function bytesOf(name: string): Buffer {
  return Buffer.from(JSON.stringify(configMap(name)))
}

/** An object of 1 kB as JSON. */
function configMap(name: string): ApiObject {
  const bare = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { text: '' } }
  const text = 'x'.repeat(Math.max(0, OBJECT_BYTES - JSON.stringify(bare).length))
  return { ...bare, data: { text } } as ApiObject
}
