/** The wire format of protocol buffers: tags, varints and what has a length. */

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const GROUP_START = 3
export const GROUP_END = 4
export const FIXED32 = 5

const TWO_32 = 2 ** 32
const VARINT_BYTES_MAX = 10
/** No document of the API is nested nearly as deeply; a hostile one must not exhaust the stack. */
const DEPTH_MAX = 500

/** What is wrong with the bytes, in the words of Go's generated readers. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

/** Reads one message, from `at` to `end` of `bytes`. */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  readonly #depth: number
  #at: number

  constructor(bytes: Uint8Array, range?: { start: number; end: number; depth: number }) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = range?.start ?? 0
    this.#end = range?.end ?? bytes.byteLength
    this.#depth = range?.depth ?? 0
    if (this.#depth > DEPTH_MAX) throw new ProtobufError(`proto: messages are nested more than ${DEPTH_MAX} deep`)
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  /** The number of the next field times 8 plus its wire type. `message` is named in the error. */
  tag(message: string): number {
    const tag = this.int64()
    const type = tag & 7
    if (type === GROUP_END) throw new ProtobufError(`proto: ${message}: wiretype end group for non-group`)
    if (tag < 8 || tag >= TWO_32) {
      throw new ProtobufError(`proto: ${message}: illegal tag ${Math.floor(tag / 8) | 0} (wire type ${type})`)
    }
    return tag
  }

  int32(): number {
    return this.int64() | 0
  }

  /** Beyond 2^53 the nearest double, as in JSON. */
  int64(): number {
    let low = 0
    let high = 0
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      if (this.#at >= this.#end) throw unexpectedEnd()
      const byte = this.#bytes[this.#at++] ?? 0
      const bits = byte & 0x7f
      if (index < 4) low |= bits << (7 * index)
      else if (index === 4) {
        low |= bits << 28
        high |= bits >>> 4
      } else high |= bits << (7 * index - 32)
      if (byte < 0x80) return high * TWO_32 + (low >>> 0)
    }
    throw new ProtobufError('proto: integer overflow')
  }

  bool(): boolean {
    return this.int64() !== 0
  }

  double(): number {
    const at = this.#advance(8)
    return this.#bytes.readDoubleLE(at)
  }

  /** A whole number in eight bytes. Beyond 2^53 the nearest double, as in JSON. */
  fixed64(): number {
    const at = this.#advance(8)
    return this.#bytes.readInt32LE(at + 4) * TWO_32 + this.#bytes.readUInt32LE(at)
  }

  bytes(): Buffer {
    const length = this.#length()
    const at = this.#advance(length)
    return this.#bytes.subarray(at, at + length)
  }

  string(): string {
    const length = this.#length()
    const at = this.#advance(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** A reader of the message that stands here. */
  message(): Reader {
    const length = this.#length()
    const start = this.#advance(length)
    return new Reader(this.#bytes, { start, end: start + length, depth: this.#depth + 1 })
  }

  /** Passes over the value of a field that nobody asked for. */
  skip(tag: number): void {
    const type = tag & 7
    if (type === VARINT) this.int64()
    else if (type === FIXED64) this.#advance(8)
    else if (type === BYTES) this.#advance(this.#length())
    else if (type === FIXED32) this.#advance(4)
    else if (type === GROUP_START) this.#skipGroup()
    else throw new ProtobufError(`proto: illegal wireType ${type}`)
  }

  #skipGroup(): void {
    for (let open = 1; open > 0;) {
      const tag = this.int64()
      if ((tag & 7) === GROUP_START) open++
      else if ((tag & 7) === GROUP_END) open--
      else this.skip(tag)
    }
  }

  #length(): number {
    const length = this.int64()
    if (length < 0) throw new ProtobufError('proto: negative length found during unmarshaling')
    return length
  }

  #advance(length: number): number {
    const at = this.#at
    if (length > this.#end - at) throw unexpectedEnd()
    this.#at = at + length
    return at
  }
}

function unexpectedEnd(): ProtobufError {
  return new ProtobufError('unexpected EOF')
}

/**
 * Writes from the end towards the start: a message's length is known when its tag is written, without a second pass.
 * So everything is written in reverse order, and a value before its tag.
 */
export class ReverseWriter {
  #buffer: Buffer
  #at: number

  constructor(sizeBytes = 1024) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes)
    this.#at = sizeBytes
  }

  /** How much is written so far: the difference of two readings is a length. */
  get sizeBytes(): number {
    return this.#buffer.length - this.#at
  }

  finish(): Buffer {
    return this.#buffer.subarray(this.#at)
  }

  tag(number: number, type: number): void {
    this.varint(number * 8 + type)
  }

  /** Tag and length of what was written since `sizeBytes` was `before`. */
  lengthAndTag(number: number, before: number): void {
    this.varint(this.sizeBytes - before)
    this.tag(number, BYTES)
  }

  /** A whole number; negative ones take ten bytes, as two's complement in 64 bits. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) {
      const at = this.#make(1)
      this.#buffer[at] = value
      return
    }
    let high = Math.floor(value / TWO_32)
    let low = (value - high * TWO_32) >>> 0
    high >>>= 0
    const at = this.#make(sizeOfVarint(low, high))
    let next = at
    while (high !== 0 || low > 0x7f) {
      this.#buffer[next++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    this.#buffer[next] = low
  }

  double(value: number): void {
    const at = this.#make(8)
    this.#buffer.writeDoubleLE(value, at)
  }

  string(value: string): void {
    const length = Buffer.byteLength(value)
    const at = this.#make(length)
    this.#buffer.write(value, at, length, 'utf8')
    this.varint(length)
  }

  bytes(value: Uint8Array): void {
    this.raw(value)
    this.varint(value.length)
  }

  raw(value: Uint8Array): void {
    const at = this.#make(value.length)
    this.#buffer.set(value, at)
  }

  #make(length: number): number {
    if (this.#at < length) {
      const used = this.sizeBytes
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + length))
      this.#buffer.copy(grown, grown.length - used, this.#at)
      this.#buffer = grown
      this.#at = grown.length - used
    }
    this.#at -= length
    return this.#at
  }
}

function sizeOfVarint(low: number, high: number): number {
  const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)
  return Math.max(1, Math.ceil(bits / 7))
}
