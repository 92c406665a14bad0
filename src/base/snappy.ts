/**
 * Snappy's block format: the length of the content as a varint, then literals and copies of what came before.
 *
 *     tag & 3 = 0   literal: length - 1 in the upper six bits, or 60 to 63 for one to four bytes with it
 *               1   copy of 4 to 11 bytes from up to 2 KiB back
 *               2   copy of 1 to 64 bytes from up to 64 KiB back
 *               3   the same from up to 4 GiB back
 *
 * Source: google/snappy format_description.txt.
 */

/** Compression looks back within one block only, so that offsets fit two bytes. */
const BLOCK_BYTES = 65_536
const HASH_BITS = 14
/** Behind a block's last bytes no match is looked for: reads stay inside. */
const MARGIN_BYTES = 15

export class SnappyError extends Error {
  override readonly name = 'SnappyError'
}

/** The most that `length` bytes become. */
function compressedMax(length: number): number {
  return 32 + length + Math.floor(length / 6)
}

/** Compresses one content after another, with the same memory. */
export class SnappyCompressor {
  readonly #table = new Uint16Array(1 << HASH_BITS)
  #out = new Uint8Array(0)

  /** What comes back is overwritten by the next call. */
  compress(content: Uint8Array): Uint8Array {
    const needed = compressedMax(content.length)
    if (this.#out.length < needed) this.#out = new Uint8Array(needed * 2)
    return compressInto(content, this.#table, this.#out)
  }
}

export function snappyCompress(content: Uint8Array): Uint8Array {
  return compressInto(content, new Uint16Array(1 << HASH_BITS), new Uint8Array(compressedMax(content.length)))
}

function compressInto(content: Uint8Array, table: Uint16Array, out: Uint8Array): Uint8Array {
  let at = 0
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    out[at++] = rest >= 128 ? (rest & 127) | 128 : rest
    if (rest < 128) break
  }
  for (let start = 0; start < content.length; start += BLOCK_BYTES) {
    table.fill(0)
    at = compressBlock(content, { start, end: Math.min(start + BLOCK_BYTES, content.length), table }, { out, at })
  }
  return out.subarray(0, at)
}

interface Block {
  readonly start: number
  readonly end: number
  /** The latest place, from the block's start, of each hash of four bytes. */
  readonly table: Uint16Array
}

interface Target {
  readonly out: Uint8Array
  readonly at: number
}

function compressBlock(content: Uint8Array, { start, end, table }: Block, target: Target): number {
  const { out } = target
  let { at } = target
  let literal = start
  const limit = end - MARGIN_BYTES
  for (let next = start + 1, misses = 32; next < limit;) {
    const word = wordAt(content, next)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = start + (table[hash] ?? 0)
    table[hash] = next - start
    if (candidate >= next || wordAt(content, candidate) !== word) {
      // Content that does not repeat is gone through in ever larger steps.
      next += misses++ >>> 5
      continue
    }
    at = writeLiteral(out, at, content, literal, next)
    let length = 4
    while (next + length < end && content[candidate + length] === content[next + length]) length++
    at = writeCopy(out, at, next - candidate, length)
    next += length
    literal = next
    misses = 32
  }
  return writeLiteral(out, at, content, literal, end)
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

function writeLiteral(out: Uint8Array, start: number, content: Uint8Array, from: number, to: number): number {
  const length = to - from
  if (length === 0) return start
  let at = start
  const code = length - 1
  if (code < 60) out[at++] = code << 2
  else if (code < 256) {
    out[at++] = 60 << 2
    out[at++] = code
  } else {
    out[at++] = 61 << 2
    out[at++] = code
    out[at++] = code >>> 8
  }
  if (length > 32) out.set(content.subarray(from, to), at)
  else for (let index = 0; index < length; index++) out[at + index] = content[from + index] ?? 0
  return at + length
}

function writeCopy(out: Uint8Array, start: number, offset: number, total: number): number {
  let at = start
  let length = total
  while (length > 0) {
    if (length >= 4 && length <= 11 && offset < 2048) {
      out[at++] = ((offset >>> 8) << 5) | ((length - 4) << 2) | 1
      out[at++] = offset
      return at
    }
    // What is left over stays long enough for the short form.
    const part = length > 64 ? (length < 68 ? 60 : 64) : length
    out[at++] = ((part - 1) << 2) | 2
    out[at++] = offset
    out[at++] = offset >>> 8
    length -= part
  }
  return at
}

/** How long the content is, as the compressed bytes say, and where those go on. */
function readLength(bytes: Uint8Array): readonly [length: number, at: number] {
  let length = 0
  let scale = 1
  for (let at = 0; at < 5 && at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    length += (byte & 127) * scale
    if (byte < 128) {
      if (length > 0xffffffff) break
      return [length, at + 1]
    }
    scale *= 128
  }
  throw new SnappyError('snappy: corrupt input')
}

/** How long the content of compressed bytes is. */
export function snappyLength(bytes: Uint8Array): number {
  return readLength(bytes)[0]
}

/**
 * The content of compressed bytes: in `into` when that is large enough, else in new bytes. `maxBytes` guards against what
 * claims to be huge.
 */
export function snappyUncompress(
  bytes: Uint8Array,
  { into, maxBytes = 0xffffffff }: UncompressOptions = {},
): Uint8Array {
  const [length, start] = readLength(bytes)
  if (length > maxBytes) throw new SnappyError('snappy: decoded block is too large')
  const out = into !== undefined && into.length >= length ? into : new Uint8Array(length)
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const target = new DataView(out.buffer, out.byteOffset, length)
  const inEnd = bytes.length
  let at = start
  let filled = 0
  while (at < inEnd) {
    const tag = bytes[at] ?? 0
    let size
    let offset
    if ((tag & 3) === 0) {
      size = tag >>> 2
      at++
      if (size >= 60) {
        const more = size - 59
        if (at + more > inEnd) throw new SnappyError('snappy: corrupt input')
        size = 0
        for (let index = more - 1; index >= 0; index--) size = size * 256 + (bytes[at + index] ?? 0)
        at += more
      }
      size++
      if (size > length - filled || size > inEnd - at) throw new SnappyError('snappy: corrupt input')
      if (size === 1) out[filled] = bytes[at] ?? 0
      else if (size <= 16 && at + 16 <= inEnd && filled + 16 <= length) {
        // Words, up to more than there are: what is too much is overwritten by what follows.
        target.setInt32(filled, source.getInt32(at, true), true)
        target.setInt32(filled + 4, source.getInt32(at + 4, true), true)
        if (size > 8) {
          target.setInt32(filled + 8, source.getInt32(at + 8, true), true)
          target.setInt32(filled + 12, source.getInt32(at + 12, true), true)
        }
      } else if (size > 24) out.set(bytes.subarray(at, at + size), filled)
      else for (let index = 0; index < size; index++) out[filled + index] = bytes[at + index] ?? 0
      at += size
      filled += size
      continue
    }
    if ((tag & 3) === 1) {
      size = 4 + ((tag >>> 2) & 7)
      offset = ((tag & 0xe0) << 3) | (bytes[at + 1] ?? 0)
      at += 2
    } else if ((tag & 3) === 2) {
      size = 1 + (tag >>> 2)
      offset = (bytes[at + 1] ?? 0) | ((bytes[at + 2] ?? 0) << 8)
      at += 3
    } else {
      size = 1 + (tag >>> 2)
      offset = wordAt(bytes, at + 1) >>> 0
      at += 5
    }
    if (at > inEnd || offset === 0 || offset > filled || size > length - filled) {
      throw new SnappyError('snappy: corrupt input')
    }
    const from = filled - offset
    if (offset >= 4 && size <= 16 && filled + 16 <= length) {
      target.setInt32(filled, target.getInt32(from, true), true)
      target.setInt32(filled + 4, target.getInt32(from + 4, true), true)
      if (size > 8) {
        target.setInt32(filled + 8, target.getInt32(from + 8, true), true)
        target.setInt32(filled + 12, target.getInt32(from + 12, true), true)
      }
      filled += size
      continue
    }
    // Byte by byte: a copy may reach into what it is writing.
    for (const end = filled + size; filled < end; filled++) out[filled] = out[filled - offset] ?? 0
  }
  if (filled !== length) throw new SnappyError('snappy: corrupt input')
  return out.length === length ? out : out.subarray(0, length)
}

export interface UncompressOptions {
  readonly into?: Uint8Array
  readonly maxBytes?: number
}
