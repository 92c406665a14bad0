import type { Reader, ReverseWriter } from './wire.ts'

/** How a value of one type stands on the wire. */
export interface Codec {
  /** The wire type of a single value. */
  readonly wire: number
  read(reader: Reader): unknown
  /** Without the tag. */
  write(writer: ReverseWriter, value: unknown): void
  /** What Go's zero value is in JSON. */
  zero(): unknown
}
