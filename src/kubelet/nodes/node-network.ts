import type { Node } from '../../api/types.generated.ts'
import { numberOf, printAddress } from './address-pool.ts'

/** Where nodes have their addresses: the first is .2, as .1 is the host. */
const NODE_BASE = numberOf('172.18.0.2')
const NODES_MAX = 2 ** 16 - 4
/** Where pods have theirs: /24 blocks from 10.244.0.0 up, then those of 10.128.0.0 to 10.243.0.0. */
const FIRST_BLOCK = numberOf('10.244.0.0')
const WRAP_BLOCK = numberOf('10.128.0.0')
const BLOCK_SIZE = 256
const BLOCKS_MAX = 2 ** 15

/** Gives nodes that have none an address and a block of addresses for their pods, lowest first. */
export class NodeNetwork {
  readonly #addresses = new Set<string>()
  readonly #blocks = new Set<string>()
  #nextAddress = 0
  #nextBlock = 0

  /** Takes note of what a node has already. */
  adopt({ spec, status }: Node): void {
    const address = internalIpOf(status)
    if (address !== undefined) this.#addresses.add(address)
    if (spec.podCIDR !== undefined) this.#blocks.add(spec.podCIDR)
  }

  address(): string {
    for (; this.#nextAddress < NODES_MAX; this.#nextAddress++) {
      const address = printAddress(NODE_BASE + this.#nextAddress)
      if (this.#addresses.has(address)) continue
      this.#addresses.add(address)
      return address
    }
    throw new RangeError(`more than ${NODES_MAX} nodes`)
  }

  block(): string {
    for (; this.#nextBlock < BLOCKS_MAX; this.#nextBlock++) {
      const cidr = `${printAddress(blockBase(this.#nextBlock))}/24`
      if (this.#blocks.has(cidr)) continue
      this.#blocks.add(cidr)
      return cidr
    }
    throw new RangeError(`more than ${BLOCKS_MAX} nodes`)
  }

  release({ spec, status }: Node): void {
    const address = internalIpOf(status)
    if (address !== undefined && this.#addresses.delete(address)) this.#nextAddress = 0
    if (spec.podCIDR !== undefined && this.#blocks.delete(spec.podCIDR)) this.#nextBlock = 0
  }
}

export function internalIpOf(status: Node['status']): string | undefined {
  return status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
}

function blockBase(index: number): number {
  const upper = (numberOf('11.0.0.0') - FIRST_BLOCK) / BLOCK_SIZE
  return index < upper ? FIRST_BLOCK + index * BLOCK_SIZE : WRAP_BLOCK + (index - upper) * BLOCK_SIZE
}
