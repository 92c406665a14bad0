/** How a chunk's bytes are to be read (prometheus/prometheus tsdb/chunkenc/chunk.go). */
export const XOR = 1
export const HISTOGRAM = 2
export const FLOAT_HISTOGRAM = 3

export type ChunkEncoding = typeof XOR | typeof HISTOGRAM | typeof FLOAT_HISTOGRAM
