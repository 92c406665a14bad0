import { crc32c } from '../../../base/crc32c.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { type DeletedRanges, withRange } from '../tombstones.ts'
import { TOMBSTONES_MAGIC } from './block-format.ts'

const VERSION = 1

/** What is deleted of a block's series, by series. */
export type Tombstones = ReadonlyMap<number, DeletedRanges>

export function encodeTombstoneFile(tombstones: Tombstones): Uint8Array {
  const content = new ByteWriter()
  for (const [series, ranges] of tombstones) {
    for (const { minMs, maxMs } of ranges) {
      content.uvarint(series)
      content.varint(minMs)
      content.varint(maxMs)
    }
  }
  const file = new ByteWriter(content.at + 16)
  file.uint32(TOMBSTONES_MAGIC)
  file.byte(VERSION)
  file.raw(content.view)
  // The sum leaves the version out, for compatibility with files of before there was one.
  file.uint32(crc32c(content.view))
  return file.view
}

export function decodeTombstoneFile(bytes: Uint8Array): Tombstones {
  const reader = new ByteReader(bytes, 0, bytes.length - 4)
  if (reader.uint32() !== TOMBSTONES_MAGIC) throw new Error('invalid magic number of tombstones')
  if (reader.byte() !== VERSION) throw new Error('invalid tombstone format')
  if (crc32c(bytes, reader.at, reader.end) !== new ByteReader(bytes, reader.end).uint32()) {
    throw new Error('checksum of tombstones did not match')
  }
  const tombstones = new Map<number, DeletedRanges>()
  while (reader.left > 0) {
    const series = reader.uvarint()
    const minMs = reader.varint()
    tombstones.set(series, withRange(tombstones.get(series) ?? [], { minMs, maxMs: reader.varint() }))
  }
  return tombstones
}
