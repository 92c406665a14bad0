/** `meta.json`: what a block is, in Prometheus' words (prometheus/prometheus tsdb/block.go BlockMeta). */
export interface BlockMeta {
  readonly version: 1
  readonly ulid: string
  /** The block's range in milliseconds: samples are at or after `minTime` and before `maxTime`. */
  readonly minTime: number
  readonly maxTime: number
  readonly stats: BlockStats
  readonly compaction: {
    /** How often its samples were compacted: 1 for what comes from the head. */
    readonly level: number
    /** The blocks of level 1 that its samples were in. */
    readonly sources: readonly string[]
    /** The blocks that it was made of; they are deleted. */
    readonly parents?: readonly BlockDescription[]
    /** Nothing was left: the block is to be deleted. */
    readonly deletable?: boolean
    readonly failed?: boolean
    readonly hints?: readonly string[]
  }
}

export interface BlockStats {
  readonly numSamples?: number
  readonly numFloatSamples?: number
  readonly numHistogramSamples?: number
  readonly numSeries?: number
  readonly numChunks?: number
  readonly numTombstones?: number
}

export interface BlockDescription {
  readonly ulid: string
  readonly minTime: number
  readonly maxTime: number
}

/** The hint of blocks whose samples all came late. */
export const FROM_OUT_OF_ORDER = 'from-out-of-order'

/** Throws when the text is no description of a block that can be read. */
export function parseMeta(text: string): BlockMeta {
  const meta = JSON.parse(text) as BlockMeta
  if (meta.version !== 1) throw new Error(`unexpected meta file version ${String(meta.version)}`)
  return {
    ...meta,
    stats: meta.stats ?? {},
    compaction: { ...meta.compaction, sources: meta.compaction?.sources ?? [] },
  }
}

export function printMeta(meta: BlockMeta): string {
  return JSON.stringify(meta, undefined, '\t')
}
