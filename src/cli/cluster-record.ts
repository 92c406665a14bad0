import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../base/user-error.ts'
import { clusterFolder, dabbaHome, isClusterName } from './home.ts'
import { processStamp } from './process-stamp.ts'
import { systemReason } from './system-reason.ts'
import { writeWhole } from './whole-file.ts'

/** What a cluster that runs on this machine leaves word of. */
export interface ClusterRecord {
  readonly name: string
  readonly state: 'starting' | 'up'
  readonly pid: number
  /** Tells the process from a later one of the same number. */
  readonly stamp: string
  readonly startedAt: string
  /** Set once it is up. */
  readonly url?: string
  readonly kubeconfig?: string
  /** Absent when its state is only in memory. */
  readonly dataDirectory?: string
}

/** Takes the name for this process, or says who has it. Of two that try at the same time one succeeds. */
export function claimName(name: string, startedAt: string): ClusterRecord {
  const { pid } = process
  const record: ClusterRecord = { name, state: 'starting', pid, stamp: processStamp(pid) ?? '', startedAt }
  const path = recordPath(name)
  const own = `${path}.${pid}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(own, print(record), { mode: 0o600 })
  } catch (error) {
    throw new UserError('DABBA_FILE', {
      message: `Cannot write to dabba’s folder ${dabbaHome()}: ${systemReason(error)}`,
      hint: 'Name another folder: DABBA_HOME=PATH dabba up',
      cause: error,
    })
  }
  try {
    refuseSecond(name)
    linkSync(own, path)
  } catch (error) {
    // Somebody took it between the look and the link.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') refuseSecond(name)
    throw error
  } finally {
    rmSync(own, { force: true })
  }
  return record
}

export function writeRecord(record: ClusterRecord): void {
  writeWhole(recordPath(record.name), print(record), 'the cluster’s record')
}

/** Gives the name free, if it is still this process's. */
export function releaseName(name: string): void {
  if (runningCluster(name)?.pid === process.pid) rmSync(recordPath(name), { force: true })
}

/** The record of a cluster that runs; one whose process is gone, or that cannot be read, is cleared away. */
export function runningCluster(name: string): ClusterRecord | undefined {
  const path = recordPath(name)
  if (!existsSync(path)) return undefined
  const record = parse(readFileSync(path, 'utf8'))
  if (record !== undefined && isAlive(record)) return record
  rmSync(path, { force: true })
  return undefined
}

/** All that run, by name. */
export function runningClusters(): readonly ClusterRecord[] {
  const folder = join(dabbaHome(), 'clusters')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(isClusterName)
    .sort()
    .flatMap((name) => runningCluster(name) ?? [])
}

/** Whether the very process is there that wrote the record. */
export function isAlive({ pid, stamp }: ClusterRecord): boolean {
  return processStamp(pid) === stamp
}

/** No cluster of that name runs: what to say, with those that do. */
export function noSuchCluster(name: string): UserError {
  const others = runningClusters().map((record) => record.name)
  return new UserError('DABBA_CLUSTER', {
    message: `No cluster "${name}" is running`,
    hint:
      others.length === 0
        ? 'Start one with `dabba up`'
        : `Name one that is: ${others.map((other) => `--name ${other}`).join(', ')}`,
  })
}

function refuseSecond(name: string): void {
  const running = runningCluster(name)
  if (running === undefined) return
  const { state, url, pid } = running
  throw new UserError('DABBA_CLUSTER', {
    message: `Cluster "${name}" is already ${state === 'up' ? `running at ${url ?? ''}` : 'starting'} (process ${pid})`,
    hint: `Use it, stop it with \`dabba down --name ${name}\`, or start another: dabba up --name other --port 0`,
  })
}

function recordPath(name: string): string {
  return join(clusterFolder(name), 'cluster.json')
}

function print(record: ClusterRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`
}

function parse(text: string): ClusterRecord | undefined {
  try {
    const record = JSON.parse(text) as ClusterRecord | null
    return typeof record?.pid === 'number' && typeof record.stamp === 'string' ? record : undefined
  } catch {
    // Records are written whole: one that is no JSON is not ours, and tells us of nobody.
    return undefined
  }
}
