/** The time series database: everything that other folders need of it. */
export type { BlockMeta } from './block/block-meta.ts'
export type { TimeRange } from './chunks/xor-decoder.ts'
export type { Tsdb } from './contract.ts'
export { type DiskTsdb, type DiskTsdbOptions, openTsdb } from './disk-tsdb.ts'
export type { SeriesExemplars, StoredExemplar } from './exemplars.ts'
export type { SeriesMetadata } from './head/head-store.ts'
export { type MemoryTsdbOptions, memoryTsdb } from './memory-tsdb.ts'
export type { NamedCount, TsdbFigures, TsdbStatistics } from './statistics.ts'
