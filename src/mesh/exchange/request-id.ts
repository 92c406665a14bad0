/** Three digits for each of twelve bits. */
const HEX = Array.from({ length: 4096 }, (_, bits) => bits.toString(16).padStart(3, '0'))
const VARIANTS = ['8', '9', 'a', 'b']

/** A UUID of version 4, from dice that give numbers from 0 up to but not 1. */
export function requestIdFrom(dice: () => number): string {
  // Dice have no more than 27 good bits.
  const a = Math.floor(dice() * 2 ** 24)
  const b = Math.floor(dice() * 2 ** 24)
  const c = Math.floor(dice() * 2 ** 24)
  const d = Math.floor(dice() * 2 ** 24)
  const e = Math.floor(dice() * 2 ** 26)
  const first = digits(a) + digits(b)
  const second = digits(c) + digits(d)
  const variant = VARIANTS[e & 3] ?? '8'
  return `${first.slice(0, 8)}-${first.slice(8)}-4${second.slice(0, 3)}-${variant}${second.slice(3, 6)}-${second.slice(6)}${digits(e >>> 2)}`
}

function digits(bits: number): string {
  return (HEX[bits >>> 12] ?? '') + (HEX[bits & 4095] ?? '')
}
