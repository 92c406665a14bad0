/** Dice, as something you are handed. One seed gives one sequence; a fork by name leaves other parts' draws alone. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A whole number, uniform in [0, bound). */
  below(bound: number): number
  /** A sequence of its own, determined by this one's seed and `name`. */
  fork(name: string): Random
  bytes(count: number): Uint8Array
}

/** The letters of generated names: no vowels and no look-alikes (k8s.io/apimachinery pkg/util/rand). */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

/** Five letters, as `generateName` appends them. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = ''
  for (let index = 0; index < length; index++) suffix += NAME_LETTERS[random.below(NAME_LETTERS.length)]
  return suffix
}

const HEX = Buffer.from('0123456789abcdef')

/**
 * A version 4 UUID. Written into one piece of memory: parts that are joined would be kept as parts for as long as the
 * object lives.
 */
export function uuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const text = Buffer.alloc(36, '-')
  let at = 0
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) at++
    const byte = bytes[index] ?? 0
    text[at++] = HEX[byte >>> 4] ?? 0
    text[at++] = HEX[byte & 15] ?? 0
  }
  return text.toString('latin1')
}

/** xoshiro128** (Blackman and Vigna, 2018), seeded by a hash of text: fast, and the same on every machine. */
export class SeededRandom implements Random {
  readonly #seed: string
  readonly #state: Uint32Array

  constructor(seed: string) {
    this.#seed = seed
    this.#state = stateOf(seed)
  }

  next(): number {
    return (this.#draw() >>> 5) / 2 ** 27
  }

  below(bound: number): number {
    return Math.floor((this.#draw() / 2 ** 32) * bound)
  }

  fork(name: string): Random {
    return new SeededRandom(`${this.#seed}/${name}`)
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let index = 0; index < count; index += 4) {
      const word = this.#draw()
      for (let part = 0; part < 4 && index + part < count; part++) bytes[index + part] = word >>> (8 * part)
    }
    return bytes
  }

  #draw(): number {
    const state = this.#state
    const s0 = state[0] ?? 0
    const s1 = state[1] ?? 0
    const s2 = (state[2] ?? 0) ^ s0
    const s3 = (state[3] ?? 0) ^ s1
    state[0] = s0 ^ s3
    state[1] = s1 ^ s2
    state[2] = s2 ^ (s1 << 9)
    state[3] = rotate(s3, 11)
    return Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** Four words from FNV-1a over the seed, stirred so that similar seeds part ways. */
function stateOf(seed: string): Uint32Array {
  const state = new Uint32Array(4)
  for (let lane = 0; lane < 4; lane++) {
    let hash = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b9)
    for (let index = 0; index < seed.length; index++) hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    state[lane] = (hash ^ (hash >>> 16)) >>> 0
  }
  if (state.every((word) => word === 0)) state[0] = 1
  return state
}
