const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A UUID of version 4, from dice that give numbers from 0 up to but not 1. */
export function requestIdFrom(dice: () => number): string {
  let text = ''
  for (let word = 0; word < 4; word++) {
    let bits = Math.floor(dice() * 2 ** 32)
    if (word === 1) bits = (bits & 0xffff0fff) | 0x4000
    if (word === 2) bits = (bits & 0x3fffffff) | 0x80000000
    const high = `${HEX[(bits >>> 24) & 255] ?? ''}${HEX[(bits >>> 16) & 255] ?? ''}`
    const low = `${HEX[(bits >>> 8) & 255] ?? ''}${HEX[bits & 255] ?? ''}`
    text += word === 0 ? high + low : word === 3 ? high + low : `-${high}-${low}`
  }
  return text
}
