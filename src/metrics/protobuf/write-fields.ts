import { FIXED64, type ReverseWriter, VARINT } from '../../api/protobuf/wire.ts'

/** Fields of messages. All are written in reverse: the last field of a message first. */

/** A message that `write` writes, with its length and number. */
export function message(writer: ReverseWriter, field: number, write: () => void): void {
  const before = writer.sizeBytes
  write()
  writer.lengthAndTag(field, before)
}

export function text(writer: ReverseWriter, field: number, value: string): void {
  message(writer, field, () => writer.raw(Buffer.from(value)))
}

export function number(writer: ReverseWriter, field: number, value: number): void {
  writer.varint(value)
  writer.tag(field, VARINT)
}

export function double(writer: ReverseWriter, field: number, value: number): void {
  writer.double(value)
  writer.tag(field, FIXED64)
}

export function doubles(writer: ReverseWriter, field: number, values: readonly number[]): void {
  if (values.length === 0) return
  message(writer, field, () => {
    for (const value of values.toReversed()) writer.double(value)
  })
}

/** Signed numbers, so that those near zero take one byte. */
export function zigzag(value: number): number {
  return value < 0 ? -value * 2 - 1 : value * 2
}
