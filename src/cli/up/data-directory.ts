import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import type { ClusterIdentity } from '../../platform.ts'
import { SqliteEngine } from '../../store/engines/sqlite.ts'
import { systemReason } from '../system-reason.ts'
import { writeWhole } from '../whole-file.ts'

/** What outlives the process beside the store: with the same keys and port, kubeconfigs and tokens stay good. */
interface Kept extends ClusterIdentity {
  readonly port?: number
}

/**
 * A folder in which a cluster keeps itself:
 *
 *   store.db       the log of all writes
 *   identity.json  its authority and keys, and the port that it had last
 *   volumes/       what programs wrote to the volumes of their pods
 */
export class DataDirectory {
  readonly path: string
  readonly engine: SqliteEngine
  readonly #kept: Kept | undefined

  /** Makes the folder if need be. Throws a UserError when it cannot be used, or another process uses it. */
  constructor(path: string) {
    this.path = path
    makeFolder(path)
    // Before the store: what one cluster wrote, no other authority shall serve.
    this.#kept = readKept(this.#identityPath)
    this.engine = new SqliteEngine(join(path, 'store.db'))
  }

  get identity(): ClusterIdentity | undefined {
    return this.#kept
  }

  /** The port that kubeconfigs of earlier runs name. */
  get lastPort(): number | undefined {
    return this.#kept?.port
  }

  keep({ authority, tokenKey }: ClusterIdentity, port: number | undefined = this.lastPort): void {
    const kept: Kept = { authority, tokenKey, ...(port === undefined ? {} : { port }) }
    writeWhole(this.#identityPath, JSON.stringify(kept), 'the cluster’s keys')
  }

  get #identityPath(): string {
    return join(this.path, 'identity.json')
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new UserError('DABBA_FILE', {
      message: `Cannot make the folder ${path}: ${systemReason(error)}`,
      hint: 'Choose another with --data-dir, or keep nothing with --in-memory',
      cause: error,
    })
  }
}

function readKept(path: string): Kept | undefined {
  if (!existsSync(path)) return undefined
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Kept> | null
    if (typeof kept?.tokenKey === 'string' && typeof kept.authority?.certificate === 'string') return kept as Kept
    throw new Error('it holds no keys')
  } catch (error) {
    throw new UserError('DABBA_STORE_UNREADABLE', {
      message: `Cannot read the cluster’s keys ${path}: ${systemReason(error)}`,
      hint: 'Restore the file from a copy; or remove it, and kubeconfigs and tokens of before are no longer good',
      cause: error,
    })
  }
}
