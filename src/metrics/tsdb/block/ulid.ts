import type { Random } from '../../../world/random.ts'

/** Crockford's alphabet: no I, L, O, U. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_LETTERS = 10
const RANDOM_LETTERS = 16

/** A name that sorts by its time: 48 bits of milliseconds and 80 of dice, five to a letter (github.com/ulid/spec). */
export function ulid(nowMs: number, random: Random): string {
  let name = ''
  let rest = nowMs
  for (let index = 0; index < TIME_LETTERS; index++) {
    name = `${LETTERS[rest % 32]}${name}`
    rest = Math.floor(rest / 32)
  }
  for (let index = 0; index < RANDOM_LETTERS; index++) name += LETTERS[random.below(32)]
  return name
}

/** Times take 48 bits only, so the first letter goes up to 7. */
export function isUlid(name: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(name)
}
