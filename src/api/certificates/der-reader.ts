/** A text is no DER, or not the structure that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError'
}

/** One element: its tag, its content, and both together with the length between them. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly bytes: Uint8Array
}

export const DER_TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const

/** The one element that `bytes` is. */
export function readDer(bytes: Uint8Array): DerElement {
  const element = elementAt(bytes, 0)
  if (element.bytes.length !== bytes.length) throw new DerError('trailing data')
  return element
}

/** The elements that a constructed element is made of. */
export function partsOf({ tag, content }: DerElement): readonly DerElement[] {
  if ((tag & 0x20) === 0) throw new DerError('structure expected')
  const parts: DerElement[] = []
  for (let at = 0; at < content.length;) {
    const part = elementAt(content, at)
    parts.push(part)
    at += part.bytes.length
  }
  return parts
}

export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element?.tag !== tag) throw new DerError(`tag ${tag} expected`)
  return element
}

/** `1.2.840.10045.4.3.2` */
export function readObjectIdentifier(element: DerElement | undefined): string {
  const { content } = expectTag(element, DER_TAG.objectIdentifier)
  const numbers: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if ((byte & 0x80) !== 0) continue
    numbers.push(value)
    value = 0
  }
  const [first = 0, ...rest] = numbers
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}

/** Strings of any of the character sets that names use; all of them are read as UTF-8 but those of 16 bits. */
export function readString({ tag, content }: DerElement): string {
  const bytes = Buffer.from(content)
  return tag === BMP_STRING ? bytes.swap16().toString('utf16le') : bytes.toString('utf8')
}

const BMP_STRING = 0x1e
/** Four bytes of length are more than any certificate has. */
const LENGTH_BYTES_MAX = 4

function elementAt(bytes: Uint8Array, start: number): DerElement {
  const tag = bytes[start]
  const first = bytes[start + 1]
  if (tag === undefined || first === undefined) throw new DerError('truncated')
  let length = first
  let at = start + 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > LENGTH_BYTES_MAX) throw new DerError('length not supported')
    length = 0
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + index] ?? 0)
    at += count
  }
  if (at + length > bytes.length) throw new DerError('truncated')
  return { tag, content: bytes.subarray(at, at + length), bytes: bytes.subarray(start, at + length) }
}
