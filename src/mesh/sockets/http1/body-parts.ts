/** Is told the parts of a body. They are parts of the bytes that came, not copies. */
export interface BodyParts {
  onBody(bytes: Buffer): void
}

export function part(bytes: Buffer, from: number, to: number): Buffer {
  return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)
}
