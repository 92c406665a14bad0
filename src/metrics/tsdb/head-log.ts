import type { Clock } from '../../world/clock.ts'
import type { Disk } from '../../world/disk.ts'
import type { SeriesRef } from '../model/storage.ts'
import type { Batch } from './head/batch.ts'
import type { HeadStore } from './head/head-store.ts'
import { listLog, makeCheckpoint } from './wal/checkpoint.ts'
import { encodeExemplars, encodeMetadata, encodeSamples, encodeSeries, encodeTombstones } from './wal/encode-records.ts'
import { HeadLoader, LateLoader } from './wal/head-loader.ts'
import { segmentName, segmentsIn } from './wal/log-format.ts'
import { LogWriter } from './wal/log-writer.ts'
import { type Repair, replayLog } from './wal/replay.ts'

/** What was found in the logs at the start. */
export interface Replay {
  readonly samples: number
  /** Samples whose series the log does not name. */
  readonly unknownSamples: number
  readonly repairs: readonly Repair[]
}

/**
 * The head's two logs, as Prometheus has them: `wal` for everything, and `wbl` for the samples that came late, once more, so
 * that they outlive the in-order samples of their time in `wal`.
 */
export class HeadLog {
  readonly #world: { readonly disk: Disk; readonly clock: Clock }
  readonly #paths: { readonly wal: string; readonly wbl: string }
  readonly #store: HeadStore
  readonly #wal: LogWriter
  #wbl: LogWriter | undefined
  /** References that went, and the last segment that may hold samples under them. */
  readonly #gone = new Map<SeriesRef, number>()

  private constructor(at: {
    world: { readonly disk: Disk; readonly clock: Clock }
    paths: { readonly wal: string; readonly wbl: string }
    store: HeadStore
    wal: LogWriter
  }) {
    this.#world = at.world
    this.#paths = at.paths
    this.#store = at.store
    this.#wal = at.wal
  }

  /** Reads the logs of a directory into the head, and goes on with them. */
  static async open(
    world: { readonly disk: Disk; readonly clock: Clock },
    path: string,
    store: HeadStore,
  ): Promise<{ log: HeadLog; replay: Replay }> {
    const { disk } = world
    const paths = { wal: `${path}/wal`, wbl: `${path}/wbl` }
    for (const name of (await disk.list(paths.wal)) ?? []) {
      if (name.endsWith('.tmp')) await disk.remove(`${paths.wal}/${name}`)
    }
    const loader = new HeadLoader(store.head, store.exemplars)
    const repairs = [
      await replayLog(disk, paths.wal, loader),
      await replayLog(disk, paths.wbl, new LateLoader(store.head)),
    ]
    const wal = await LogWriter.open(disk, paths.wal)
    return {
      log: new HeadLog({ world, paths, store, wal }),
      replay: {
        samples: loader.samples,
        unknownSamples: loader.unknown,
        repairs: repairs.filter((repair) => repair !== undefined),
      },
    }
  }

  /** Writes a batch down; only then it is to be applied. */
  async write(batch: Batch): Promise<void> {
    const { head } = this.#store
    const records: Uint8Array[] = []
    const series = this.#store.takeUnnamed()
    if (series.length > 0) records.push(encodeSeries(series))
    const metadata = batch.metadata.map((entry) => ({ ...entry, ref: head.series.ref(entry.slot) }))
    if (metadata.length > 0) records.push(encodeMetadata(metadata))
    if (batch.length > 0) records.push(...encodeSamples(head, batch))
    const exemplars = batch.exemplars.map((entry) => ({ ...entry, ref: head.series.ref(entry.slot) }))
    if (exemplars.length > 0) records.push(encodeExemplars(exemplars))
    if (records.length > 0) await this.#wal.log(records)
  }

  /** Writes down which rows of a batch came late. */
  async writeLate(batch: Batch, rows: readonly number[]): Promise<void> {
    this.#wbl ??= await LogWriter.open(this.#world.disk, this.#paths.wbl)
    await this.#wbl.log(encodeSamples(this.#store.head, batch, rows))
  }

  async writeDeleted(stones: Parameters<typeof encodeTombstones>[0]): Promise<void> {
    if (stones.length > 0) await this.#wal.log([encodeTombstones(stones)])
  }

  /** Notes that series went: their samples in the log still need a name for a while. */
  noteGone(references: readonly SeriesRef[]): void {
    for (const ref of references) this.#gone.set(ref, this.#wal.segment)
  }

  /**
   * Shortens the log once samples before `minMs` lie in blocks: the older two thirds of the segments become a checkpoint
   * (prometheus/prometheus tsdb/head.go truncateWAL).
   */
  async truncate(minMs: number): Promise<string | undefined> {
    await this.#wal.nextSegment()
    const { segments } = await listLog(this.#world.disk, this.#paths.wal)
    const [first = 0] = segments
    // Never the one that is written to.
    const last = first + Math.floor((((segments.at(-1) ?? 0) - 1 - first) * 2) / 3)
    if (last <= first) return undefined
    const { series } = this.#store.head
    const corruption = await makeCheckpoint(
      this.#world,
      { path: this.#paths.wal, last },
      {
        minMs,
        series: (ref) => series.slotOf(ref) !== undefined || (this.#gone.get(ref) ?? -1) > last,
      },
    )
    if (corruption !== undefined)
      return `segment ${segmentName(corruption.segment)} at ${corruption.offset}: ${corruption.reason}`
    for (const [ref, segment] of this.#gone) if (segment <= last) this.#gone.delete(ref)
    return undefined
  }

  /** Begins a new segment of late samples; returns what to call once those before it lie in blocks. */
  async cutLate(): Promise<() => Promise<void>> {
    const { disk } = this.#world
    this.#wbl ??= await LogWriter.open(disk, this.#paths.wbl)
    await this.#wbl.nextSegment()
    const current = this.#wbl.segment
    return async () => {
      for (const segment of segmentsIn((await disk.list(this.#paths.wbl)) ?? [])) {
        if (segment < current) await disk.remove(`${this.#paths.wbl}/${segmentName(segment)}`)
      }
    }
  }

  async close(): Promise<void> {
    await this.#wal.close()
    await this.#wbl?.close()
  }
}
