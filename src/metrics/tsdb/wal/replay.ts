import type { Disk } from '../../../world/disk.ts'
import { listLog, sources } from './checkpoint.ts'
import { decodeRecord, type RecordSink } from './decode-records.ts'
import { segmentName } from './log-format.ts'
import { type Corruption, readSegment } from './log-reader.ts'

/** A log that was read up to where it was corrupt, and was cut there. */
export interface Repair {
  readonly file: string
  /** Bytes of the file that were kept. */
  readonly keptBytes: number
  readonly reason: string
  /** Segments after it, which are gone: what they say builds on what was lost. */
  readonly removed: readonly string[]
}

/** Reads a log from its checkpoint to its end into the sink. Cuts it where it is corrupt, and says so. */
export async function replayLog(disk: Disk, path: string, sink: RecordSink): Promise<Repair | undefined> {
  const files = await listLog(disk, path)
  for (const source of await sources(disk, path, files)) {
    const corruption = await readSegment({ disk, ...source }, (record) => decodeRecord(record, sink))
    if (corruption !== undefined) return repair(disk, { path, source: source.path, corruption })
  }
  return undefined
}

/** As prometheus/prometheus tsdb/wlog/wlog.go Repair: what follows the corruption is given up. */
async function repair(
  disk: Disk,
  { path, source, corruption }: { path: string; source: string; corruption: Corruption },
): Promise<Repair> {
  const file = `${source}/${segmentName(corruption.segment)}`
  const handle = await disk.open(file, 'append')
  await handle.truncate(corruption.offset)
  await handle.sync()
  await handle.close()
  const removed: string[] = []
  const { segments } = await listLog(disk, path)
  // A checkpoint comes before all segments.
  for (const segment of segments.filter((number) => source !== path || number > corruption.segment)) {
    removed.push(segmentName(segment))
    await disk.remove(`${path}/${segmentName(segment)}`)
  }
  return { file, keptBytes: corruption.offset, reason: corruption.reason, removed }
}
