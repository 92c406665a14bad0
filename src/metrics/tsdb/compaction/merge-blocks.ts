import { compareLabels } from '../../model/labels.ts'
import type { Block } from '../block/block.ts'
import { type BlockMeta, FROM_OUT_OF_ORDER } from '../block/block-meta.ts'
import type { BlockContent } from '../block/write-block.ts'
import { ChunkList } from '../chunks/chunk-list.ts'
import { tidyChunks } from '../chunks/rewrite-chunks.ts'
import type { SeriesRow } from '../stored-series.ts'

/** What a block made of others says of itself. */
export function mergedMeta(ulid: string, metas: readonly BlockMeta[]): Omit<BlockMeta, 'stats'> {
  const sources = new Set(metas.flatMap(({ compaction }) => compaction.sources))
  const isLate = metas.every(({ compaction }) => compaction.hints?.includes(FROM_OUT_OF_ORDER) === true)
  return {
    version: 1,
    ulid,
    minTime: Math.min(...metas.map(({ minTime }) => minTime)),
    maxTime: Math.max(...metas.map(({ maxTime }) => maxTime)),
    compaction: {
      level: Math.max(...metas.map(({ compaction }) => compaction.level)) + 1,
      sources: [...sources].sort(),
      parents: metas.map(({ ulid: parent, minTime, maxTime }) => ({ ulid: parent, minTime, maxTime })),
      ...(isLate ? { hints: [FROM_OUT_OF_ORDER] } : {}),
    },
  }
}

/** All samples of several blocks, without those that are deleted. */
export function mergedContent(blocks: readonly Block[]): BlockContent {
  const range = {
    minMs: Math.min(...blocks.map(({ meta }) => meta.minTime)),
    maxMs: Math.max(...blocks.map(({ meta }) => meta.maxTime)) - 1,
  }
  return {
    texts: blocks.flatMap((block) => [...block.texts()]),
    async *series() {
      for await (const rows of inStep(blocks.map((block) => block.all()))) {
        const [first] = rows
        if (first === undefined) continue
        const list = new ChunkList()
        for (const row of rows) list.pushAll(row.list, row.from, row.to)
        yield { labels: first.labels, chunks: tidyChunks(list, { from: 0, to: list.length }, range) }
      }
    },
  }
}

/** Goes through sorted sources together: at each step the rows of the smallest labels. */
async function* inStep(sources: readonly AsyncGenerator<SeriesRow>[]): AsyncGenerator<readonly SeriesRow[]> {
  const heads: (SeriesRow | undefined)[] = []
  for (const [index, source] of sources.entries()) heads[index] = await nextOf(source)
  for (;;) {
    let smallest: SeriesRow | undefined
    for (const row of heads) {
      if (row !== undefined && (smallest === undefined || compareLabels(row.labels, smallest.labels) < 0))
        smallest = row
    }
    if (smallest === undefined) return
    const rows: SeriesRow[] = []
    for (const [index, row] of heads.entries()) {
      const source = sources[index]
      if (row === undefined || source === undefined || compareLabels(row.labels, smallest.labels) !== 0) continue
      rows.push(row)
      heads[index] = await nextOf(source)
    }
    yield rows
  }
}

async function nextOf(source: AsyncGenerator<SeriesRow>): Promise<SeriesRow | undefined> {
  const next = await source.next()
  return next.done === true ? undefined : next.value
}
