import type { Clock } from '../../world/clock.ts'
import { messageOf } from '../../base/message-of.ts'
import type { RemoteReadConfig } from '../config/remote-config.ts'
import { ConfigError } from '../config/schema.ts'
import type { Queryable, Selection, StoredSeries } from '../model/storage.ts'
import { mergeSeries } from '../remote/merged-series.ts'
import { ReadClient, type RemoteReadState } from '../remote/read-client.ts'
import { unsupportedClient } from '../scrape/http-client.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import type { Tsdb } from '../tsdb/tsdb.ts'

export interface RemoteReadsOptions {
  readonly clock: Clock
  readonly storage: Queryable & Pick<Tsdb, 'timeRange'>
  clientOf(config: RemoteReadConfig): ScrapeTransport
}

/**
 * What is stored here together with what all of `remote_read` have. One that fails is a warning, and the rest is answered
 * (prometheus/prometheus storage/fanout.go). Names and values of labels are ours alone: the protocol has no question for them.
 */
export class RemoteReads implements Queryable {
  readonly #options: RemoteReadsOptions
  #clients: readonly ReadClient[] = []

  constructor(options: RemoteReadsOptions) {
    this.#options = options
  }

  get state(): readonly RemoteReadState[] {
    return this.#clients.map(({ state }) => state)
  }

  /** Throws before anything has changed when a configuration asks for what cannot be done here. */
  check(configs: readonly RemoteReadConfig[]): void {
    for (const config of configs) {
      const problem = unsupportedClient(config)
      if (problem !== undefined) throw new ConfigError(`remote_read from ${config.url}: ${problem}`)
    }
  }

  apply(configs: readonly RemoteReadConfig[], externalLabels: Readonly<Record<string, string>>): void {
    const { clock, storage, clientOf } = this.#options
    const localStartMs = (): number | undefined => storage.timeRange()?.minMs
    this.#clients = configs.map(
      (config) => new ReadClient(config, { clock, transport: clientOf(config), externalLabels, localStartMs }),
    )
  }

  async select(selection: Selection, signal?: AbortSignal): Promise<readonly StoredSeries[]> {
    const { storage } = this.#options
    if (this.#clients.length === 0) return storage.select(selection, signal)
    const others = this.#clients.map(async (client) => {
      try {
        return await client.select(selection, signal)
      } catch (error) {
        signal?.throwIfAborted()
        selection.warn?.(messageOf(error))
        return []
      }
    })
    return mergeSeries(await Promise.all([storage.select(selection, signal), ...others]))
  }

  labelNames(selection: Selection): Promise<readonly string[]> {
    return this.#options.storage.labelNames(selection)
  }

  labelValues(name: string, selection: Selection): Promise<readonly string[]> {
    return this.#options.storage.labelValues(name, selection)
  }
}
