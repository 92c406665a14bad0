import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../base/user-error.ts'

/** What is known of a cluster that was started on this machine. */
export interface ClusterRecord {
  readonly name: string
  readonly pid: number
  readonly url: string
  readonly kubeconfig: string
  /** Absent when its state is only in memory. */
  readonly dataDirectory?: string
  readonly startedAt: string
}

/** Where clusters leave word of themselves: `$DABBA_HOME`, or `.dabba` in the user's home. */
export function dabbaHome(): string {
  return process.env['DABBA_HOME'] ?? join(homedir(), '.dabba')
}

export function clusterFolder(name: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw new UserError('DABBA_USAGE', {
      message: `"${name}" cannot name a cluster`,
      hint: 'Use lower case letters, digits and dashes, such as `--name staging`',
    })
  }
  return join(dabbaHome(), 'clusters', name)
}

export function writeRecord(record: ClusterRecord): void {
  writeWhole(join(clusterFolder(record.name), 'cluster.json'), `${JSON.stringify(record, undefined, 2)}\n`)
}

export function removeRecord(name: string): void {
  rmSync(join(clusterFolder(name), 'cluster.json'), { force: true })
}

/** The record of a cluster that is running; one whose process is gone is cleared away. */
export function runningCluster(name: string): ClusterRecord | undefined {
  const path = join(clusterFolder(name), 'cluster.json')
  if (!existsSync(path)) return undefined
  const record = JSON.parse(readFileSync(path, 'utf8')) as ClusterRecord
  if (isAlive(record.pid)) return record
  removeRecord(name)
  return undefined
}

/** All running clusters, by name. */
export function runningClusters(): readonly ClusterRecord[] {
  const folder = join(dabbaHome(), 'clusters')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .flatMap((name) => runningCluster(name) ?? [])
}

/** Writes a file as a whole or not at all, with its folders; only the user may read it. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(`${path}.partial`, text, { mode: 0o600 })
  renameSync(`${path}.partial`, path)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
