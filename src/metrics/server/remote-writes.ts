import type { Clock } from '../../world/clock.ts'
import type { PrometheusConfig } from '../config/prometheus-config.ts'
import { ConfigError } from '../config/schema.ts'
import type { Appendable, Queryable } from '../model/storage.ts'
import { teeStorage } from '../remote/tee-storage.ts'
import { WriteQueue, type WriteQueueCounts } from '../remote/write-queue.ts'
import { unsupportedClient } from '../scrape/http-client.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'

type RemoteWriteConfig = PrometheusConfig['remote_write'][number]

export interface RemoteWritesOptions {
  readonly clock: Clock
  readonly storage: Queryable & Appendable
  clientOf(config: RemoteWriteConfig): ScrapeTransport
  onProblem(problem: string): void
}

/** Whom samples are sent to, and how far that came. */
export interface RemoteWriteState extends WriteQueueCounts {
  readonly name: string
  readonly url: string
}

interface RunningQueue {
  readonly config: RemoteWriteConfig
  readonly queue: WriteQueue
}

/** Sends what is written to the storage to all of `remote_write` as well. */
export class RemoteWrites {
  /** The storage to write to: what is committed to it is also sent. */
  readonly storage: Queryable & Appendable
  readonly #options: RemoteWritesOptions
  #running = new Map<string, RunningQueue>()
  readonly #ending = new Set<Promise<void>>()

  constructor(options: RemoteWritesOptions) {
    this.#options = options
    const { storage } = options
    this.storage = {
      appender: () => teeStorage(storage, this.#queues()).appender(),
      select: (selection, signal) => storage.select(selection, signal),
      labelNames: (selection) => storage.labelNames(selection),
      labelValues: (name, selection) => storage.labelValues(name, selection),
    }
  }

  get state(): readonly RemoteWriteState[] {
    return Array.from(this.#running.values(), ({ config, queue }) => {
      return { name: config.name, url: config.url, ...queue.counts }
    })
  }

  /** Throws before anything has changed when a configuration asks for what cannot be done here. */
  check(configs: readonly RemoteWriteConfig[]): void {
    for (const config of configs) {
      const problem = unsupportedClient(config) ?? unsupportedSigning(config)
      if (problem !== undefined) throw new ConfigError(`remote_write to ${config.url}: ${problem}`)
    }
  }

  /** Sends to these from here on. Queues whose configuration is the same go on undisturbed. */
  apply(configs: readonly RemoteWriteConfig[], externalLabels: Readonly<Record<string, string>>): void {
    const before = this.#running
    this.#running = new Map()
    for (const config of configs) {
      const identity = JSON.stringify([config, externalLabels])
      const known = before.get(identity)
      before.delete(identity)
      this.#running.set(identity, known ?? { config, queue: this.#queueFor(config, externalLabels) })
    }
    for (const { queue } of before.values()) this.#end(queue)
  }

  /** Sends what is left. */
  async stop(): Promise<void> {
    for (const { queue } of this.#running.values()) this.#end(queue)
    this.#running.clear()
    await Promise.all(this.#ending)
  }

  #queues(): readonly WriteQueue[] {
    return Array.from(this.#running.values(), ({ queue }) => queue)
  }

  #queueFor(config: RemoteWriteConfig, externalLabels: Readonly<Record<string, string>>): WriteQueue {
    const { clock, clientOf, onProblem } = this.#options
    return new WriteQueue(config, { clock, transport: clientOf(config), externalLabels, onProblem })
  }

  #end(queue: WriteQueue): void {
    const ending = queue.stop().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}

function unsupportedSigning({ sigv4, azuread, google_iam }: RemoteWriteConfig): string | undefined {
  const wanted = Object.entries({ sigv4, azuread, google_iam }).find(([, value]) => value !== undefined)
  return wanted === undefined ? undefined : `${wanted[0]} is not supported`
}
