import { compareText } from '../../../base/compare-text.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Disk } from '../../../world/disk.ts'
import type { Labels } from '../../model/labels.ts'
import type { Chunk } from '../chunks/chunk-list.ts'
import { XOR } from '../chunks/encoding.ts'
import { sampleCount } from '../chunks/rewrite-chunks.ts'
import { type BlockMeta, type BlockStats, printMeta } from './block-meta.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { type IndexedChunk, IndexWriter } from './index-writer.ts'
import { encodeTombstoneFile } from './tombstone-file.ts'

/** What goes into a block. */
export interface BlockContent {
  /** Every name and value of the series' labels; may have more. */
  readonly texts: Iterable<string>
  /** Series in the order of their labels; those without chunks are left out. */
  series(): AsyncIterable<{ readonly labels: Labels; readonly chunks: readonly Chunk[] }>
}

/** The end of the name of a block that is being made: what has it after a crash is deleted at the start. */
export const IN_CREATION = '.tmp-for-creation'

/** How many series are written before others get a turn. */
const SERIES_PER_TURN = 500

/**
 * Writes a block beside its place and moves it there when it is whole. Returns undefined, and leaves nothing behind, when
 * there were no samples.
 */
export async function writeBlock(
  world: { readonly disk: Disk; readonly clock: Clock },
  at: { readonly path: string; readonly meta: Omit<BlockMeta, 'stats'> },
  content: BlockContent,
): Promise<BlockMeta | undefined> {
  const { disk, clock } = world
  const place = `${at.path}/${at.meta.ulid}`
  const making = `${place}${IN_CREATION}`
  await disk.remove(making)
  await disk.makeDirectory(`${making}/chunks`)
  try {
    const chunkWriter = new ChunkWriter(disk, `${making}/chunks`)
    const symbols = [...new Set(content.texts)].sort(compareText)
    const index = await IndexWriter.create(disk, `${making}/index`, symbols)
    const stats = { numSamples: 0, numFloatSamples: 0, numHistogramSamples: 0, numSeries: 0, numChunks: 0 }
    for await (const { labels, chunks } of content.series()) {
      if (chunks.length === 0) continue
      const indexed: IndexedChunk[] = []
      for (const chunk of chunks) {
        indexed.push({ minMs: chunk.minMs, maxMs: chunk.maxMs, reference: await chunkWriter.write(chunk) })
        const samples = sampleCount(chunk)
        stats.numSamples += samples
        stats[chunk.encoding === XOR ? 'numFloatSamples' : 'numHistogramSamples'] += samples
      }
      await index.addSeries(labels, indexed)
      stats.numSeries++
      stats.numChunks += chunks.length
      if (stats.numSeries % SERIES_PER_TURN === 0) await clock.yield()
    }
    await chunkWriter.close()
    await index.close(clock)
    if (stats.numSamples === 0) {
      await disk.remove(making)
      return undefined
    }
    const meta: BlockMeta = { ...at.meta, stats: withoutZeros(stats) }
    await writeSynced(disk, `${making}/tombstones`, encodeTombstoneFile(new Map()))
    await writeSynced(disk, `${making}/meta.json`, new TextEncoder().encode(printMeta(meta)))
    await disk.rename(making, place)
    return meta
  } catch (error) {
    await disk.remove(making)
    throw error
  }
}

/** Puts a file in place of another one, or leaves that as it is. */
export async function replaceSynced(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await disk.remove(`${path}.tmp`)
  await writeSynced(disk, `${path}.tmp`, bytes)
  await disk.rename(`${path}.tmp`, path)
}

async function writeSynced(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'append')
  await file.append(bytes)
  await file.sync()
  await file.close()
}

function withoutZeros(stats: Required<Omit<BlockStats, 'numTombstones'>>): BlockStats {
  return Object.fromEntries(Object.entries(stats).filter(([, count]) => count > 0))
}
