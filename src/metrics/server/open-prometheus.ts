import type { Clock } from '../../world/clock.ts'
import { type Disk, DiskLockedError } from '../../world/disk.ts'
import { processUsage } from '../../world/process-usage.ts'
import type { Random } from '../../world/random.ts'
import { type DiscoveryPorts, jobDiscoverers } from '../discovery/job-discoverers.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import { type DiskTsdb, memoryTsdb, openTsdb, type Tsdb } from '../tsdb/tsdb.ts'
import { diskFiles } from './disk-files.ts'
import type { FlagReader } from './program-flags.ts'
import { PrometheusServer } from './prometheus-server.ts'
import type { PrometheusSettings } from './prometheus-settings.ts'

export type Log = (level: 'info' | 'warn' | 'error', message: string) => void

/** Where a Prometheus runs: on the host, or in a pod. */
export interface PrometheusHost {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  /** Where relative paths begin. */
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly transport: ScrapeTransport
  readonly log: Log
  /** Tells two servers apart that scrape the same targets. */
  readonly identity?: string
  /** What to say, and go on in memory, when another process has the data directory; without it that is a failure. */
  readonly whenLocked?: string
  /** The cluster in which `kubernetes_sd_configs` look. */
  readonly cluster?: DiscoveryPorts['cluster']
}

/** Opens the data directory that the flags name, and makes a server over it, which is not started yet. */
export async function openPrometheus(
  settings: PrometheusSettings,
  { reader, host }: { readonly reader: FlagReader; readonly host: PrometheusHost },
): Promise<PrometheusServer> {
  const { clock, disk, directory, environment, transport, log, identity, cluster } = host
  const files = diskFiles(disk, directory)
  const path = settings.storagePath.startsWith('/') ? settings.storagePath : `${directory}/${settings.storagePath}`
  const tsdb = await open(settings, { host, path: path.replace(/\/+$/, '') })
  const discovery: DiscoveryPorts = {
    clock,
    transport,
    ...files,
    onProblem: (problem) => log('warn', problem),
    ...(cluster === undefined ? {} : { cluster }),
  }
  return new PrometheusServer(settings, {
    flags: reader.all(),
    ports: {
      clock,
      tsdb,
      files,
      transport,
      discoverers: (configs) => jobDiscoverers(configs, discovery),
      log,
      environment,
      processFigures: processUsage,
      ...('snapshot' in tsdb ? { snapshot: (at) => tsdb.snapshot(at) } : {}),
      ...(identity === undefined ? {} : { identity }),
    },
  })
}

async function open(
  { retentionMs, retentionBytes, blockRangeMs }: PrometheusSettings,
  { host, path }: { readonly host: PrometheusHost; readonly path: string },
): Promise<Tsdb | DiskTsdb> {
  const { clock, random, disk, log, whenLocked } = host
  const limits = { retentionMs, retentionBytes, blockRangeMs }
  try {
    return await openTsdb({
      ...limits,
      world: { clock, random, disk },
      path,
      onProblem: (message) => log('error', message),
    })
  } catch (error) {
    if (!(error instanceof DiskLockedError) || whenLocked === undefined) throw error
    log('warn', `${error.message}: ${whenLocked}`)
    return memoryTsdb(limits)
  }
}

/** Lines as Prometheus' programs write them. */
export function logger(clock: Clock, write: (line: string) => void): Log {
  return (level, message) => {
    const time = new Date(clock.now()).toISOString()
    write(`time=${time} level=${level.toUpperCase()} msg=${JSON.stringify(message)}`)
  }
}
