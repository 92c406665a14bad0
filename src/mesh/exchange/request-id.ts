import { hasHeader, type HeaderList } from '../route/header-list.ts'

const DIGITS = Buffer.from('0123456789abcdef')
/** Written over by each: what changes is put between what every UUID of version 4 has. */
const bytes = Buffer.from('00000000-0000-4000-8000-000000000000')
/** Where the digit stands that says which kind of UUID it is, in two of its bits. */
const VARIANT = 19

/** A UUID of version 4, from dice that give numbers from 0 up to but not 1. */
export function requestIdFrom(dice: () => number): string {
  // Dice have no more than 27 good bits.
  put(dice() * 2 ** 24, 0, 6)
  const second = dice() * 2 ** 24
  put(second, 6, 2)
  put(second / 2 ** 8, 9, 4)
  const third = dice() * 2 ** 24
  put(third, 15, 3)
  put(third / 2 ** 12, 20, 3)
  put(dice() * 2 ** 24, 24, 6)
  const last = dice() * 2 ** 26
  put(last, 30, 6)
  bytes[VARIANT] = DIGITS[8 + ((last / 2 ** 24) & 3)] ?? 0
  return bytes.toString('latin1')
}

/** The same list where it has one. */
export function withRequestId(list: HeaderList, dice: () => number): HeaderList {
  return hasHeader(list, 'x-request-id') ? list : [...list, 'x-request-id', requestIdFrom(dice)]
}

function put(bits: number, at: number, digits: number): void {
  let left = bits | 0
  for (let digit = 0; digit < digits; digit++) {
    bytes[at + digit] = DIGITS[left & 15] ?? 0
    left >>>= 4
  }
}
