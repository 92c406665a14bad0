import { BitWriter, WRITE_SLACK_BYTES } from './bit-writer.ts'
import { Slab } from './slab.ts'

/** The most that one sample takes: 4 + 64 bits of time, 2 + 5 + 6 + 64 of value; the first one's varint is shorter. */
const SAMPLE_BYTES_MAX = 19

/** No window of leading and trailing zeros has been written yet (prometheus/prometheus tsdb/chunkenc/xor.go). */
const NO_WINDOW = 0xff

/** Upper bits of a double's whole number, by division: shifts reach 32 bits only. */
const TWO_32 = 0x1_0000_0000

/**
 * Open chunks in Prometheus' XOR encoding, one a slot, their state in columns.
 *
 *     count (2 bytes) | varint t0 | v0 (8 bytes) | uvarint t1 - t0 | v1 ^ v0 | dod(t2) | v2 ^ v1 | …
 *
 * Times: the delta of deltas in 1, 16, 20, 24 or 68 bits. Values: 1 bit if equal to the one before; otherwise the bits that
 * differ, within the window of the last difference (2 bits in front) or with a window of its own (13 bits in front).
 * Bit for bit what prometheus/prometheus tsdb/chunkenc/xor.go writes.
 */
export class XorEncoders {
  readonly #slab = new Slab()
  readonly #writer = new BitWriter(new Uint8Array(0))
  #count = new Uint16Array(0)
  #addresses = new Uint32Array(0)
  #classes = new Uint8Array(0)
  #bits = new Uint32Array(0)
  #times = new Float64Array(0)
  #deltas = new Float64Array(0)
  #high = new Int32Array(0)
  #low = new Int32Array(0)
  #leading = new Uint8Array(0)
  #trailing = new Uint8Array(0)

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    if (slots <= this.#count.length) return
    const size = Math.max(slots, this.#count.length * 2, 64)
    this.#count = grown(this.#count, new Uint16Array(size))
    this.#addresses = grown(this.#addresses, new Uint32Array(size))
    this.#classes = grown(this.#classes, new Uint8Array(size))
    this.#bits = grown(this.#bits, new Uint32Array(size))
    this.#times = grown(this.#times, new Float64Array(size))
    this.#deltas = grown(this.#deltas, new Float64Array(size))
    this.#high = grown(this.#high, new Int32Array(size))
    this.#low = grown(this.#low, new Int32Array(size))
    this.#leading = grown(this.#leading, new Uint8Array(size))
    this.#trailing = grown(this.#trailing, new Uint8Array(size))
  }

  /** How many samples the open chunk has; 0: there is none. */
  count(slot: number): number {
    return this.#count[slot] ?? 0
  }

  lastTime(slot: number): number {
    return this.#times[slot] ?? 0
  }

  lastHigh(slot: number): number {
    return this.#high[slot] ?? 0
  }

  lastLow(slot: number): number {
    return this.#low[slot] ?? 0
  }

  sizeBytes(slot: number): number {
    return ((this.#bits[slot] ?? 0) + 7) >>> 3
  }

  /** A copy of the chunk as it is now, with its header. */
  copyTo(slot: number, target: Uint8Array, at: number): void {
    const address = this.#addresses[slot] ?? 0
    const offset = this.#slab.offset(address)
    target.set(this.#slab.page(address).subarray(offset, offset + this.sizeBytes(slot)), at)
    target[at] = this.count(slot) >>> 8
    target[at + 1] = this.count(slot)
  }

  /** Forgets the chunk. */
  clear(slot: number): void {
    if (this.count(slot) === 0) return
    this.#slab.free(this.#addresses[slot] ?? 0, this.#classes[slot] ?? 0)
    this.#count[slot] = 0
    this.#bits[slot] = 0
  }

  /** Adds a sample; its value comes as the halves of its bits. */
  append(slot: number, time: number, high: number, low: number): void {
    const count = this.#count[slot] ?? 0
    if (count === 0) this.#start(slot)
    const writer = this.#position(slot)
    const start = writer.bit - (this.#bits[slot] ?? 0)
    if (count === 0) {
      writeVarint(writer, time)
      writer.write(high, 32)
      writer.write(low, 32)
    } else {
      const delta = time - (this.#times[slot] ?? 0)
      if (count === 1) writeUvarint(writer, delta)
      else writeDeltaOfDeltas(writer, delta - (this.#deltas[slot] ?? 0))
      this.#deltas[slot] = delta
      this.#writeValue(slot, high, low)
    }
    this.#times[slot] = time
    this.#high[slot] = high
    this.#low[slot] = low
    this.#bits[slot] = writer.bit - start
    this.#count[slot] = count + 1
  }

  #start(slot: number): void {
    this.#classes[slot] = Slab.classOf(1)
    this.#addresses[slot] = this.#slab.allocate(Slab.classOf(1))
    this.#bits[slot] = 16
    this.#leading[slot] = NO_WINDOW
    this.#deltas[slot] = 0
  }

  /** The writer, where the slot's next sample goes, with room for it. */
  #position(slot: number): BitWriter {
    const sizeClass = this.#classes[slot] ?? 0
    let address = this.#addresses[slot] ?? 0
    const bits = this.#bits[slot] ?? 0
    if (((bits + 7) >>> 3) + SAMPLE_BYTES_MAX + WRITE_SLACK_BYTES > 1 << sizeClass) {
      address = this.#slab.grow(address, sizeClass)
      this.#addresses[slot] = address
      this.#classes[slot] = sizeClass + 1
    }
    const writer = this.#writer
    writer.bytes = this.#slab.page(address)
    writer.bit = this.#slab.offset(address) * 8 + bits
    return writer
  }

  #writeValue(slot: number, newHigh: number, newLow: number): void {
    const writer = this.#writer
    const high = newHigh ^ (this.#high[slot] ?? 0)
    const low = newLow ^ (this.#low[slot] ?? 0)
    if (high === 0 && low === 0) {
      writer.write(0, 1)
      return
    }
    // Five bits hold at most 31.
    const leading = high === 0 ? 31 : Math.min(31, Math.clz32(high))
    const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low)
    const window = this.#leading[slot] ?? 0
    const windowEnd = this.#trailing[slot] ?? 0
    if (window !== NO_WINDOW && leading >= window && trailing >= windowEnd) {
      writer.write(0b10, 2)
      writeShifted(writer, { high, low, shift: windowEnd, count: 64 - window - windowEnd })
      return
    }
    this.#leading[slot] = leading
    this.#trailing[slot] = trailing
    const count = 64 - leading - trailing
    // 64 does not fit six bits and is written as 0, which never occurs otherwise.
    writer.write((0b11 << 11) | (leading << 6) | (count & 63), 13)
    writeShifted(writer, { high, low, shift: trailing, count })
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}

/** `count` bits of a 64-bit number, from bit `shift` up. */
function writeShifted(
  writer: BitWriter,
  { high, low, shift, count }: { high: number; low: number; shift: number; count: number },
): void {
  if (shift >= 32) writer.write(high >>> (shift - 32), count)
  else if (shift === 0) writer.writeLong(high, low, count)
  else writer.writeLong(high >>> shift, (low >>> shift) | (high << (32 - shift)), count)
}

function writeDeltaOfDeltas(writer: BitWriter, dod: number): void {
  if (dod === 0) writer.write(0, 1)
  else if (dod >= -8191 && dod <= 8192) writer.write((0b10 << 14) | (dod & 0x3fff), 16)
  else if (dod >= -65_535 && dod <= 65_536) writer.write((0b110 << 17) | (dod & 0x1ffff), 20)
  else if (dod >= -524_287 && dod <= 524_288) writer.write((0b1110 << 20) | (dod & 0xfffff), 24)
  else {
    writer.write(0b1111, 4)
    writer.write(Math.floor(dod / TWO_32) | 0, 32)
    writer.write(dod | 0, 32)
  }
}

/** Seven bits a byte, lowest first, the sign in the lowest bit (Go's encoding/binary). */
export function writeVarint(writer: BitWriter, value: number): void {
  writeUvarint(writer, value < 0 ? -2 * value - 1 : 2 * value)
}

export function writeUvarint(writer: BitWriter, value: number): void {
  let rest = value
  while (rest >= 128) {
    writer.write((rest % 128) | 128, 8)
    rest = Math.floor(rest / 128)
  }
  writer.write(rest, 8)
}
