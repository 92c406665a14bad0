/** Samples that a chunk of floats is meant to have (prometheus/prometheus tsdb/head.go DefaultSamplesPerChunk). */
export const SAMPLES_PER_CHUNK = 120

/** No float chunk gets larger than this; a sample takes up to 19 bytes (tsdb/chunkenc/chunk.go). */
export const XOR_BYTES_MAX = 1024 - 19

/** What a chunk of histograms is meant to take, and how many it has at least (tsdb/chunkenc/chunk.go). */
export const HISTOGRAM_CHUNK_BYTES = 1024
export const HISTOGRAMS_PER_CHUNK_MIN = 10

/** Where the range of `rangeMs` that holds the instant ends: chunks, as blocks, end there at the latest. */
export function rangeEnd(timestampMs: number, rangeMs: number): number {
  return Math.floor(timestampMs / rangeMs) * rangeMs + rangeMs
}

/**
 * Where a chunk should end so that the chunks up to `endMs` get about equally many samples, judged when it is `1 / ratio`
 * full (tsdb/head_append.go computeChunkEndTime).
 */
export function chunkEnd(chunk: { startMs: number; nowMs: number; endMs: number }, ratio: number): number {
  const { startMs, nowMs, endMs } = chunk
  const chunks = (endMs - startMs) / ((nowMs - startMs + 1) * ratio)
  return chunks <= 1 ? endMs : startMs + Math.floor((endMs - startMs) / Math.floor(chunks))
}
