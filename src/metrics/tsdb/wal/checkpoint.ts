import type { Clock } from '../../../world/clock.ts'
import type { Disk } from '../../../world/disk.ts'
import type { Labels } from '../../model/labels.ts'
import type { MetricMetadata, SeriesRef } from '../../model/storage.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { decodeRecord, type LoggedHistogram, type RecordSink } from './decode-records.ts'
import { encodeExemplars, encodeMetadata, encodeSeries, encodeTombstones, writeHistogram } from './encode-records.ts'
import { segmentName, segmentsIn } from './log-format.ts'
import { type Corruption, readSegment } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import { CUSTOM_BUCKETS_SCHEMA } from '../../model/histogram.ts'
import { CUSTOM_FLOAT_HISTOGRAMS, CUSTOM_HISTOGRAMS, FLOAT_HISTOGRAMS, HISTOGRAMS, SAMPLES } from './record-types.ts'

const PREFIX = 'checkpoint.'

/** How a checkpoint and the segments after it lie in a directory. */
export interface LogFiles {
  /** The number of the last segment that the newest checkpoint stands for. */
  readonly checkpoint: number | undefined
  /** Segments that are not in the checkpoint. */
  readonly segments: readonly number[]
}

export function checkpointName(segment: number): string {
  return `${PREFIX}${segmentName(segment)}`
}

export async function listLog(disk: Disk, path: string): Promise<LogFiles> {
  const names = (await disk.list(path)) ?? []
  const checkpoint = checkpointsIn(names).at(-1)
  return { checkpoint, segments: segmentsIn(names).filter((segment) => segment > (checkpoint ?? -1)) }
}

function checkpointsIn(names: readonly string[]): number[] {
  return names
    .filter((name) => /^checkpoint\.\d+$/.test(name))
    .map((name) => Number(name.slice(PREFIX.length)))
    .sort((a, b) => a - b)
}

/** What a checkpoint keeps. */
export interface Keep {
  series(ref: SeriesRef): boolean
  /** Samples older than this lie in blocks. */
  readonly minMs: number
}

/**
 * Writes what is still needed of the checkpoint and the segments up to `last` as a new checkpoint, and deletes those: the rules
 * of prometheus/prometheus tsdb/wlog/checkpoint.go. Returns where the log was corrupt, and then leaves everything as it was.
 */
export async function makeCheckpoint(
  world: { readonly disk: Disk; readonly clock: Clock },
  at: { readonly path: string; readonly last: number },
  keep: Keep,
): Promise<Corruption | undefined> {
  const { disk, clock } = world
  const { path, last } = at
  const files = await listLog(disk, path)
  const making = `${path}/${checkpointName(last)}.tmp`
  await disk.remove(making)
  const log = await LogWriter.open(disk, making)
  const filter = new Filter(keep)
  for (const source of await sources(disk, path, files)) {
    if (source.path === path && source.segment > last) continue
    const corruption = await readSegment({ disk, ...source }, (record) => filter.take(record))
    if (corruption !== undefined) {
      await log.close()
      await disk.remove(making)
      return corruption
    }
    await log.log(filter.drain())
    await clock.yield()
  }
  await log.log(filter.end())
  await log.close()
  await disk.rename(making, `${path}/${checkpointName(last)}`)
  for (const name of (await disk.list(path)) ?? []) {
    const isOld = /^\d+$/.test(name) ? Number(name) <= last : checkpointsIn([name]).some((number) => number < last)
    if (isOld) await disk.remove(`${path}/${name}`)
  }
  return undefined
}

/** All segments to be read, the checkpoint's first. */
export async function sources(
  disk: Disk,
  path: string,
  files: LogFiles,
): Promise<readonly { readonly path: string; readonly segment: number }[]> {
  const found: { path: string; segment: number }[] = []
  if (files.checkpoint !== undefined) {
    const inside = `${path}/${checkpointName(files.checkpoint)}`
    for (const segment of segmentsIn((await disk.list(inside)) ?? [])) found.push({ path: inside, segment })
  }
  for (const segment of files.segments) found.push({ path, segment })
  return found
}

/** Turns records into those of a checkpoint. */
class Filter implements RecordSink {
  readonly #keep: Keep
  readonly #metadata = new Map<SeriesRef, MetricMetadata>()
  #records: Uint8Array[] = []
  #series: { ref: SeriesRef; labels: Labels }[] = []
  readonly #writer = new ByteWriter()
  #type = 0
  #baseRef = 0
  #baseTime = 0

  constructor(keep: Keep) {
    this.#keep = keep
  }

  take(record: Uint8Array): void {
    decodeRecord(record, this)
    this.#flush()
  }

  drain(): Uint8Array[] {
    const records = this.#records
    this.#records = []
    return records
  }

  end(): Uint8Array[] {
    const entries = [...this.#metadata].map(([ref, metadata]) => ({ ref, metadata }))
    return entries.length === 0 ? [] : [encodeMetadata(entries)]
  }

  series(ref: SeriesRef, labels: Labels): void {
    if (this.#keep.series(ref)) this.#series.push({ ref, labels })
  }

  sample(ref: SeriesRef, timestampMs: number, bytes: Uint8Array, at: number): void {
    if (timestampMs < this.#keep.minMs || !this.#keep.series(ref)) return
    this.#open(SAMPLES, ref, timestampMs)
    this.#writer.raw(bytes.subarray(at, at + 8))
  }

  histogram(ref: SeriesRef, { timestampMs, histogram, isInteger }: LoggedHistogram): void {
    if (timestampMs < this.#keep.minMs || !this.#keep.series(ref)) return
    const isCustom = histogram?.schema === CUSTOM_BUCKETS_SCHEMA
    const whole = isCustom ? CUSTOM_HISTOGRAMS : HISTOGRAMS
    this.#open(isInteger ? whole : isCustom ? CUSTOM_FLOAT_HISTOGRAMS : FLOAT_HISTOGRAMS, ref, timestampMs)
    writeHistogram(this.#writer, histogram, isInteger)
  }

  exemplar(ref: SeriesRef, exemplar: Parameters<RecordSink['exemplar']>[1]): void {
    if (exemplar.timestampMs >= this.#keep.minMs && this.#keep.series(ref)) {
      this.#records.push(encodeExemplars([{ ref, exemplar }]))
    }
  }

  metadata(ref: SeriesRef, metadata: MetricMetadata): void {
    if (this.#keep.series(ref)) this.#metadata.set(ref, metadata)
  }

  deleted(ref: SeriesRef, range: Parameters<RecordSink['deleted']>[1]): void {
    if (range.maxMs >= this.#keep.minMs && this.#keep.series(ref)) {
      this.#records.push(encodeTombstones([{ ref, range }]))
    }
  }

  #open(type: number, ref: SeriesRef, timestampMs: number): void {
    const writer = this.#writer
    if (type !== this.#type) {
      this.#flush()
      writer.byte(type)
      writer.int64(ref)
      writer.int64(timestampMs)
      this.#type = type
      this.#baseRef = ref
      this.#baseTime = timestampMs
    }
    writer.varint(ref - this.#baseRef)
    writer.varint(timestampMs - this.#baseTime)
  }

  #flush(): void {
    if (this.#series.length > 0) this.#records.push(encodeSeries(this.#series))
    this.#series = []
    if (this.#type !== 0) this.#records.push(this.#writer.view.slice())
    this.#writer.clear()
    this.#type = 0
  }
}
