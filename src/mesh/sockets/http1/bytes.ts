/*
 * Which bytes may stand where in HTTP/1.1 (RFC 9110, RFC 9112): looked up, not compared, because every byte of every head
 * passes here.
 */
export const CR = 0x0d
export const LF = 0x0a
export const SPACE = 0x20
export const TAB = 0x09
export const COLON = 0x3a

/** Of a method or a header's name. */
export const TOKEN = 1
/** Of a header's value, spaces and tabs among them. */
export const VALUE = 2
/** Of a request's target. A fragment is never sent, so `#` is none of them. */
export const TARGET = 4
/** Of a Host, whichever form it has. */
export const AUTHORITY = 8

export const CLASSES: Uint8Array = classes()

/** What a byte stands for in hexadecimal, or -1. */
export const HEX_VALUES: Int8Array = hexValues()

function classes(): Uint8Array {
  const table = new Uint8Array(256)
  for (let byte = 0x20; byte < 256; byte++) if (byte !== 0x7f) table[byte] = VALUE
  table[TAB] = VALUE
  for (let byte = 0x21; byte < 0x7f; byte++) add(table, byte, TARGET)
  table['#'.charCodeAt(0)] = VALUE
  const alphanumeric = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  for (const character of `${alphanumeric}!#$%&'*+-.^_\`|~`) add(table, character.charCodeAt(0), TOKEN)
  for (const character of `${alphanumeric}-._~!$&'()*+,;=:%[]`) add(table, character.charCodeAt(0), AUTHORITY)
  return table
}

function add(table: Uint8Array, byte: number, bit: number): void {
  table[byte] = (table[byte] ?? 0) | bit
}

function hexValues(): Int8Array {
  const table = new Int8Array(256).fill(-1)
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16)
    table[digit.charCodeAt(0)] = value
    table[digit.toUpperCase().charCodeAt(0)] = value
  }
  return table
}
