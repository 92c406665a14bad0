import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type ApiObject, keyOf, printKey } from '../../api/object.ts'
import { UserError } from '../../base/user-error.ts'
import type { Engine, Recovered, ResourcePath, StoreEvent } from '../engine.ts'

/** Raised when the tables change; a file of another number is refused rather than guessed at. */
const FORMAT = 1

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    revision  INTEGER PRIMARY KEY,
    type      TEXT NOT NULL,
    resource  TEXT NOT NULL,
    key       TEXT NOT NULL,
    object    TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_by_key ON events (resource, key, revision);
  CREATE TABLE IF NOT EXISTS compacted (revision INTEGER NOT NULL) STRICT;
`

/** What a later event of the same key, itself old enough to be forgotten, has made useless; deletions leave nothing. */
const COMPACT = `
  DELETE FROM events WHERE revision <= ?1 AND (
    type = 'DELETED' OR EXISTS (
      SELECT 1 FROM events AS newer
      WHERE newer.resource = events.resource AND newer.key = events.key
        AND newer.revision > events.revision AND newer.revision <= ?1))
`

interface EventRow {
  readonly revision: number
  readonly type: StoreEvent['type']
  readonly resource: ResourcePath
  readonly key: string
  readonly object: string
}

/**
 * Keeps the log in one SQLite file: a write-ahead log with full sync, one transaction a batch.
 *
 *   events:  one row a write. Up to the compacted revision only the newest row of each key is left, and that is the
 *            state; after it every row is history, from which watches resume.
 */
export class SqliteEngine implements Engine {
  readonly name = 'sqlite'
  readonly gathers = true
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #insert: StatementSync

  /** Opens the file, or makes it. Its folder must exist. */
  constructor(path: string) {
    this.#path = path
    this.#database = open(path)
    this.#insert = this.#database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)')
  }

  recover(): Recovered {
    try {
      return this.#read()
    } catch (error) {
      throw unreadable(this.#path, error as Error)
    }
  }

  append(batch: readonly StoreEvent[]): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const { revision, type, resource, key, object } of batch) {
        this.#insert.run(revision, type, resource, printKey(key), JSON.stringify(object))
      }
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  compact(revision: number): void {
    this.#database.exec('BEGIN IMMEDIATE')
    this.#database.prepare(COMPACT).run(revision)
    this.#database.exec('DELETE FROM compacted')
    this.#database.prepare('INSERT INTO compacted VALUES (?)').run(revision)
    this.#database.exec('COMMIT')
  }

  close(): void {
    this.#database.close()
  }

  #read(): Recovered {
    const compacted = this.#compactedRevision()
    const state = new Map<string, { resource: ResourcePath; object: ApiObject }>()
    const history: StoreEvent[] = []
    let revision = compacted
    const rows = this.#database.prepare('SELECT * FROM events ORDER BY revision').iterate() as Iterable<unknown>
    for (const row of rows as Iterable<EventRow>) {
      const object = JSON.parse(row.object) as ApiObject
      const slot = `${row.resource} ${row.key}`
      const previous = state.get(slot)?.object
      if (row.type === 'DELETED') state.delete(slot)
      else state.set(slot, { resource: row.resource, object })
      revision = Math.max(revision, row.revision)
      if (row.revision <= compacted) continue
      const { type, resource } = row
      const event = { revision: row.revision, type, resource, key: keyOf(object), object }
      history.push(previous === undefined ? event : { ...event, previous })
    }
    return { revision, objects: [...state.values()], history }
  }

  #compactedRevision(): number {
    const row = this.#database.prepare('SELECT revision FROM compacted').get()
    return Number(row?.['revision'] ?? 0)
  }
}

function open(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (format !== 0 && format !== FORMAT) throw new Error(`format ${format} is not ${FORMAT}`)
    database.exec(`${SCHEMA}; PRAGMA user_version = ${FORMAT}`)
    return database
  } catch (error) {
    throw unreadable(path, error as Error)
  }
}

function unreadable(path: string, error: Error): UserError {
  if (/locked|busy/i.test(error.message)) {
    return new UserError('DABBA_STORE_LOCKED', {
      message: `Cannot open the store ${path}: another process has it open`,
      hint: 'Stop the other cluster (`dabba status` lists them), or choose another --data-dir',
      cause: error,
    })
  }
  return new UserError('DABBA_STORE_UNREADABLE', {
    message: `Cannot read the store ${path}: ${error.message}`,
    hint: 'Restore the file from a copy, or start afresh with another --data-dir',
    cause: error,
  })
}
