import type { BlockMeta } from '../block/block-meta.ts'

export interface Retention {
  /** Blocks that end so long before the newest one are deleted; 0: never. */
  readonly timeMs: number
  /** When everything together takes more, the oldest blocks are deleted; 0: no limit. */
  readonly sizeBytes: number
}

/** A block, and what it takes on the disk. */
export interface SizedBlock {
  readonly meta: BlockMeta
  readonly sizeBytes: number
}

/** Names of the blocks that may go (prometheus/prometheus tsdb/db.go BeyondTimeRetention, BeyondSizeRetention). */
export function beyondRetention(
  blocks: readonly SizedBlock[],
  retention: Retention,
  otherBytes: number,
): ReadonlySet<string> {
  const newestFirst = [...blocks].sort((a, b) => b.meta.maxTime - a.meta.maxTime)
  const newest = newestFirst[0]?.meta.maxTime ?? 0
  const gone = new Set<string>()
  let total = otherBytes
  for (const { meta, sizeBytes } of newestFirst) {
    total += sizeBytes
    const isOld = retention.timeMs > 0 && meta !== newestFirst[0]?.meta && newest - meta.maxTime >= retention.timeMs
    const isOver = retention.sizeBytes > 0 && total > retention.sizeBytes
    // What is older than a block that goes, goes too.
    if (isOld || isOver || gone.size > 0) gone.add(meta.ulid)
  }
  return gone
}
