/** IPv4 addresses of one block, handed out in turn: one that was given back comes again only after all others. */
export class AddressPool {
  readonly #base: number
  readonly #size: number
  /** By address, as an offset into the block. */
  readonly #holders = new Map<number, string>()
  readonly #held = new Map<string, number>()
  #cursor = 0

  /** `10.244.3.0/24`. The first address is the block's name, the second its gateway, the last its broadcast address. */
  constructor(cidr: string) {
    const [address = '', prefix = '24'] = cidr.split('/')
    this.#base = numberOf(address)
    this.#size = 2 ** (32 - Number(prefix))
  }

  /** Undefined when the block is used up. Asked again, a holder gets the address that it has. */
  take(holder: string): string | undefined {
    const held = this.#held.get(holder)
    if (held !== undefined) return printAddress(this.#base + held)
    const usable = this.#size - 3
    for (let tries = 0; tries < usable; tries++) {
      const offset = 2 + (this.#cursor++ % usable)
      if (this.#holders.has(offset)) continue
      this.#hold(offset, holder)
      return printAddress(this.#base + offset)
    }
    return undefined
  }

  /** Marks an address that its holder has from an earlier time. */
  reserve(holder: string, address: string): void {
    const offset = numberOf(address) - this.#base
    if (offset >= 0 && offset < this.#size) this.#hold(offset, holder)
  }

  release(holder: string): void {
    const offset = this.#held.get(holder)
    if (offset === undefined) return
    this.#held.delete(holder)
    this.#holders.delete(offset)
  }

  #hold(offset: number, holder: string): void {
    this.#holders.set(offset, holder)
    this.#held.set(holder, offset)
  }
}

export function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function printAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}
