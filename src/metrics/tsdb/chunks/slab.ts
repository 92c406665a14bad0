import { assert } from '../../../base/assert.ts'

/** Bytes of one page. An address is a page's number times this, plus the offset in it. */
const PAGE_BITS = 18
const PAGE_BYTES = 1 << PAGE_BITS
const CLASS_MIN = 6
const CLASS_MAX = 12

/**
 * Many small buffers in few large ones, so that a hundred thousand open chunks are not a hundred thousand objects.
 * Rooms come in powers of two from 64 to 4096 bytes; what is freed is handed out again, zeroed.
 */
export class Slab {
  readonly #pages: Uint8Array[] = []
  readonly #free: number[][] = []
  #nextByte = 0

  /** The class whose rooms hold `bytes`. */
  static classOf(bytes: number): number {
    const sizeClass = Math.max(CLASS_MIN, 32 - Math.clz32(bytes - 1))
    assert(sizeClass <= CLASS_MAX, 'a chunk outgrew the largest room')
    return sizeClass
  }

  page(address: number): Uint8Array {
    const page = this.#pages[address >>> PAGE_BITS]
    assert(page !== undefined, 'an address lies in a page')
    return page
  }

  offset(address: number): number {
    return address & (PAGE_BYTES - 1)
  }

  allocate(sizeClass: number): number {
    const freed = this.#free[sizeClass]?.pop()
    if (freed !== undefined) return freed
    const size = 1 << sizeClass
    const used = this.#nextByte & (PAGE_BYTES - 1)
    if (used + size > PAGE_BYTES || used === 0) {
      this.#nextByte = this.#pages.length * PAGE_BYTES
      this.#pages.push(new Uint8Array(PAGE_BYTES))
    }
    const address = this.#nextByte
    this.#nextByte += size
    return address
  }

  free(address: number, sizeClass: number): void {
    const offset = this.offset(address)
    this.page(address).fill(0, offset, offset + (1 << sizeClass))
    let list = this.#free[sizeClass]
    if (list === undefined) this.#free[sizeClass] = list = []
    list.push(address)
  }

  /** Moves what is at `address` into a room of the next class. */
  grow(address: number, sizeClass: number): number {
    assert(sizeClass < CLASS_MAX, 'a chunk outgrew the largest room')
    const grown = this.allocate(sizeClass + 1)
    const from = this.offset(address)
    this.page(grown).set(this.page(address).subarray(from, from + (1 << sizeClass)), this.offset(grown))
    this.free(address, sizeClass)
    return grown
  }

  get sizeBytes(): number {
    return this.#pages.length * PAGE_BYTES
  }
}
