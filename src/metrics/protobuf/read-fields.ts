import { BYTES, ProtobufError, type Reader } from '../../api/protobuf/wire.ts'

/** Calls `read` for each field; fields that it does not want are passed over. */
export function readFields(reader: Reader, message: string, read: (field: number, type: number) => boolean): void {
  while (!reader.done) {
    const tag = reader.tag(message)
    if (!read(tag >>> 3, tag & 7)) reader.skip(tag)
  }
}

/** Numbers in one piece, as they are written today, or one by one. */
export function readPacked(reader: Reader, type: number, read: (part: Reader) => void): void {
  if (type !== BYTES) {
    read(reader)
    return
  }
  const part = reader.message()
  while (!part.done) read(part)
}

/** Signed numbers that are written small when they are near zero. */
export function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A text; bytes that are none are refused. */
export function readText(reader: Reader): string {
  const bytes = reader.bytes()
  try {
    return utf8.decode(bytes)
  } catch (failure) {
    throw new ProtobufError('invalid UTF-8 in a text', { cause: failure })
  }
}
