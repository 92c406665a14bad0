import { BitWriter, WRITE_SLACK_BYTES } from './bit-writer.ts'
import { Slab } from './slab.ts'

/** The most that one sample takes: 4 + 64 bits of time, 2 + 5 + 6 + 64 of value; the first one's varint is shorter. */
const SAMPLE_BYTES_MAX = 19

/** No window of leading and trailing zeros has been written yet (prometheus/prometheus tsdb/chunkenc/xor.go). */
const NO_WINDOW = 0xff

/** Upper bits of a double's whole number, by division: shifts reach 32 bits only. */
const TWO_32 = 0x1_0000_0000

/** A slot's numbers lie side by side, so that a sample touches few lines of the processor's cache. */
const COUNT = 0
const ADDRESS = 1
const SIZE_CLASS = 2
/** Length in bits. */
const BITS = 3
const HIGH = 4
const LOW = 5
const LEADING = 6
const TRAILING = 7
const FIELDS = 8

/**
 * Open chunks in Prometheus' XOR encoding, one a slot.
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
  #state = new Int32Array(0)
  /** Two a slot: the last time, and the delta that led to it. */
  #times = new Float64Array(0)

  /** Makes room for slots below `slots`. */
  reserve(slots: number): void {
    const room = this.#times.length / 2
    if (slots <= room) return
    const size = Math.max(slots, room * 2, 64)
    const state = new Int32Array(size * FIELDS)
    const times = new Float64Array(size * 2)
    state.set(this.#state)
    times.set(this.#times)
    this.#state = state
    this.#times = times
  }

  /** How many samples the open chunk has; 0: there is none. */
  count(slot: number): number {
    return this.#state[slot * FIELDS + COUNT] ?? 0
  }

  lastTime(slot: number): number {
    return this.#times[slot * 2] ?? 0
  }

  lastHigh(slot: number): number {
    return this.#state[slot * FIELDS + HIGH] ?? 0
  }

  lastLow(slot: number): number {
    return this.#state[slot * FIELDS + LOW] ?? 0
  }

  sizeBytes(slot: number): number {
    return ((this.#state[slot * FIELDS + BITS] ?? 0) + 7) >>> 3
  }

  /** A copy of the chunk as it is now, with its header. */
  copyTo(slot: number, target: Uint8Array, at: number): void {
    const address = this.#state[slot * FIELDS + ADDRESS] ?? 0
    const page = this.#slab.page(address)
    const offset = this.#slab.offset(address)
    const length = this.sizeBytes(slot)
    if (length > 64) target.set(page.subarray(offset, offset + length), at)
    else for (let index = 0; index < length; index++) target[at + index] = page[offset + index] ?? 0
    target[at] = this.count(slot) >>> 8
    target[at + 1] = this.count(slot)
  }

  /** Forgets the chunk. */
  clear(slot: number): void {
    const state = this.#state
    const base = slot * FIELDS
    if (state[base + COUNT] === 0) return
    this.#slab.free(state[base + ADDRESS] ?? 0, state[base + SIZE_CLASS] ?? 0)
    state[base + COUNT] = 0
    state[base + BITS] = 0
  }

  /** Adds a sample; its value comes as the halves of its bits. */
  append(slot: number, time: number, high: number, low: number): void {
    const state = this.#state
    const times = this.#times
    const base = slot * FIELDS
    const count = state[base + COUNT] ?? 0
    if (count === 0) this.#start(base, slot)
    const writer = this.#position(base)
    const start = writer.bit - (state[base + BITS] ?? 0)
    if (count === 0) {
      writeVarint(writer, time)
      writer.write(high, 32)
      writer.write(low, 32)
    } else {
      const delta = time - (times[slot * 2] ?? 0)
      if (count === 1) writeUvarint(writer, delta)
      else writeDeltaOfDeltas(writer, delta - (times[slot * 2 + 1] ?? 0))
      times[slot * 2 + 1] = delta
      const changedHigh = high ^ (state[base + HIGH] ?? 0)
      const changedLow = low ^ (state[base + LOW] ?? 0)
      if ((changedHigh | changedLow) === 0) writer.write(0, 1)
      else this.#writeChange(base, changedHigh, changedLow)
    }
    times[slot * 2] = time
    state[base + HIGH] = high
    state[base + LOW] = low
    state[base + BITS] = writer.bit - start
    state[base + COUNT] = count + 1
  }

  #start(base: number, slot: number): void {
    const state = this.#state
    state[base + SIZE_CLASS] = Slab.classOf(1)
    state[base + ADDRESS] = this.#slab.allocate(Slab.classOf(1))
    state[base + BITS] = 16
    state[base + LEADING] = NO_WINDOW
    this.#times[slot * 2 + 1] = 0
  }

  /** The writer, where the slot's next sample goes, with room for it. */
  #position(base: number): BitWriter {
    const state = this.#state
    const sizeClass = state[base + SIZE_CLASS] ?? 0
    const bits = state[base + BITS] ?? 0
    let address = state[base + ADDRESS] ?? 0
    if (((bits + 7) >>> 3) + SAMPLE_BYTES_MAX + WRITE_SLACK_BYTES > 1 << sizeClass) {
      address = this.#slab.grow(address, sizeClass)
      state[base + ADDRESS] = address
      state[base + SIZE_CLASS] = sizeClass + 1
    }
    const writer = this.#writer
    writer.bytes = this.#slab.page(address)
    writer.bit = this.#slab.offset(address) * 8 + bits
    return writer
  }

  #writeChange(base: number, high: number, low: number): void {
    const state = this.#state
    const writer = this.#writer
    // Five bits hold at most 31.
    const leading = Math.min(31, Math.clz32(high))
    const trailing = low === 0 ? 63 - Math.clz32(high & -high) : 31 - Math.clz32(low & -low)
    let shift = state[base + TRAILING] ?? 0
    let count = 64 - (state[base + LEADING] ?? 0) - shift
    if (leading >= (state[base + LEADING] ?? 0) && trailing >= shift) writer.write(0b10, 2)
    else {
      state[base + LEADING] = leading
      state[base + TRAILING] = trailing
      shift = trailing
      count = 64 - leading - trailing
      // 64 does not fit six bits and is written as 0, which never occurs otherwise.
      writer.write((0b11 << 11) | (leading << 6) | (count & 63), 13)
    }
    if (shift >= 32) writer.write(high >>> (shift - 32), count)
    else if (shift === 0) writer.writeLong(high, low, count)
    else writer.writeLong(high >>> shift, (low >>> shift) | (high << (32 - shift)), count)
  }
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
function writeVarint(writer: BitWriter, value: number): void {
  writeUvarint(writer, value < 0 ? -2 * value - 1 : 2 * value)
}

function writeUvarint(writer: BitWriter, value: number): void {
  let rest = value
  while (rest >= 128) {
    writer.write((rest % 128) | 128, 8)
    rest = Math.floor(rest / 128)
  }
  writer.write(rest, 8)
}
