import type { BlockContent } from '../block/write-block.ts'
import { ChunkList } from '../chunks/chunk-list.ts'
import { tidyChunks } from '../chunks/rewrite-chunks.ts'
import type { TimeRange } from '../chunks/xor-decoder.ts'
import type { Head } from '../head/head.ts'
import type { LateSamples } from '../head/late-samples.ts'

/** The head's in-order samples of a range. */
export function headContent(head: Head, range: TimeRange): BlockContent {
  return content(head, head.series.all(), range, (slot, list) => head.collect(slot, range, list))
}

/** Samples of a range that came late. */
export function lateContent(head: Head, late: LateSamples, range: TimeRange): BlockContent {
  return content(head, late.slots(), range, (slot, list) => late.collect(slot, range, list))
}

function content(
  head: Head,
  slots: readonly number[],
  range: TimeRange,
  collect: (slot: number, list: ChunkList) => void,
): BlockContent {
  const { series } = head
  const texts = new Set<string>()
  for (const slot of slots) for (const text of series.labels(slot).pairs) texts.add(text)
  const sorted = series.sorted(slots).map((slot) => ({ slot, labels: series.labels(slot) }))
  return {
    texts,
    async *series() {
      for (const { slot, labels } of sorted) {
        const list = new ChunkList()
        collect(slot, list)
        const deleted = head.deleted.get(slot)
        if (deleted !== undefined) list.markDeleted(0, deleted)
        yield { labels, chunks: tidyChunks(list, { from: 0, to: list.length }, range) }
      }
    },
  }
}
