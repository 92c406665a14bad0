import { assert } from '../../base/assert.ts'
import { parseIp, parsePrefix, printIp } from '../../api/names/ip-address.ts'

/** What a network has beyond these is never reached, and numbers stay exact. */
const SIZE_MAX = 2 ** 48

/** The addresses of a network, given one after the other. Who holds which is known by others. */
export class AddressPool {
  /** The bytes that all its addresses begin with, and how many bytes follow. */
  readonly #network: readonly number[]
  readonly #size: number
  #next = 1

  /** `prefix` ends between two bytes. */
  constructor(prefix: string) {
    const parsed = parsePrefix(prefix)
    assert(parsed !== undefined, `${prefix} is a network`)
    const { address, length } = parsed
    const bits = address.writtenAs === 4 ? length + 96 : length
    assert(bits % 8 === 0, 'a network of whole bytes')
    this.#network = address.bytes.slice(0, bits / 8)
    this.#size = Math.min(2 ** (128 - bits), SIZE_MAX)
  }

  has(address: string): boolean {
    return this.#placeOf(address) !== undefined
  }

  /** Undefined: all are taken. The first of a network is nobody's. */
  take(isTaken: (address: string) => boolean): string | undefined {
    for (let tries = 1; tries < this.#size; tries++) {
      if (this.#next >= this.#size) this.#next = 1
      const address = this.#addressAt(this.#next)
      this.#next++
      if (!isTaken(address)) return address
    }
    return undefined
  }

  /** What nobody holds any more is given before those that come after it. */
  giveBack(address: string): void {
    const place = this.#placeOf(address)
    if (place !== undefined && place < this.#next) this.#next = place
  }

  #addressAt(place: number): string {
    const host: number[] = []
    let rest = place
    for (let index = this.#network.length; index < 16; index++) {
      host.unshift(rest % 256)
      rest = Math.floor(rest / 256)
    }
    return printIp({ bytes: [...this.#network, ...host], writtenAs: 6, standard: true })
  }

  #placeOf(address: string): number | undefined {
    const bytes = parseIp(address)?.bytes
    if (bytes === undefined || !this.#network.every((byte, index) => bytes[index] === byte)) return undefined
    return bytes.slice(this.#network.length).reduce((place, byte) => place * 256 + byte, 0)
  }
}
