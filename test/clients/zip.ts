import { assert } from '../../src/base/assert.ts'
import { inflateRawSync } from 'node:zlib'

/** A file inside a zip archive. `read` unpacks it. */
export interface ZipEntry {
  readonly name: string
  read(): Buffer
}

const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1')
const STORED = 0
const DEFLATED = 8

/** The files of a zip archive (without zip64: archives below 4 GiB), in the order of its directory. */
export function zipEntries(archive: Buffer): ZipEntry[] {
  const end = archive.lastIndexOf(END_OF_DIRECTORY)
  assert(end >= 0, 'a zip archive ends with its directory')
  const entries: ZipEntry[] = []
  let at = archive.readUInt32LE(end + 16)
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    const method = archive.readUInt16LE(at + 10)
    const sizeBytes = archive.readUInt32LE(at + 20)
    const nameEnd = at + 46 + archive.readUInt16LE(at + 28)
    const headerAt = archive.readUInt32LE(at + 42)
    const name = archive.toString('utf8', at + 46, nameEnd)
    if (!name.endsWith('/')) entries.push({ name, read: () => unpack(archive, { headerAt, sizeBytes, method }) })
    at = nameEnd + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return entries
}

function unpack(archive: Buffer, file: { headerAt: number; sizeBytes: number; method: number }): Buffer {
  const { headerAt, sizeBytes, method } = file
  // The local header repeats name and extra field, the latter often with another length than in the directory.
  const start = headerAt + 30 + archive.readUInt16LE(headerAt + 26) + archive.readUInt16LE(headerAt + 28)
  const packed = archive.subarray(start, start + sizeBytes)
  assert(method === STORED || method === DEFLATED, `zip method ${method} is not supported`)
  return method === STORED ? packed : inflateRawSync(packed)
}
