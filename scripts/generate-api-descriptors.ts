import { inflateRawSync } from 'node:zlib'

/** A message of a `.proto` file, as kubectl carries it. */
export interface Message {
  /** `k8s.io.api.core.v1.Pod` */
  readonly name: string
  readonly fields: readonly MessageField[]
}

export interface MessageField {
  readonly name: string
  readonly number: number
  /** A scalar's name in the protobuf language, or the full name of a message. */
  readonly type: string
  readonly shape: 'single' | 'list' | 'map'
}

/** How Go's compressor begins a stream without name and time: so are descriptors embedded in a program. */
const STREAM_START = Buffer.from('1f8b080000000000', 'hex')
const HEADER_BYTES = 10
const STREAM_BYTES_MAX = 1 << 20

/** Field numbers of google.protobuf.FileDescriptorProto and what it consists of (protobuf: descriptor.proto). */
const FILE = { package: 2, message: 4 }
const MESSAGE = { name: 1, field: 2, nested: 3, options: 7 }
const OPTIONS = { mapEntry: 7 }
const FIELD = { name: 1, number: 3, label: 4, type: 5, typeName: 6 }
const LABEL_REPEATED = 3
const SCALARS: Readonly<Record<number, string>> = {
  1: 'double',
  3: 'int64',
  5: 'int32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
}

/** Every message of the protobuf descriptors that are embedded in a Go program. */
export function embeddedMessages(program: Buffer): Message[] {
  const messages: Message[] = []
  for (let at = program.indexOf(STREAM_START); at >= 0; at = program.indexOf(STREAM_START, at + 1)) {
    const file = gunzip(program.subarray(at, at + STREAM_BYTES_MAX))
    if (file === undefined || !isKubernetesFile(file)) continue
    const parts = read(file)
    const scope = text(parts, FILE.package)
    for (const part of bytes(parts, FILE.message)) messages.push(message(read(part), scope))
  }
  return messages
}

/** Bytes that merely look like the start of a stream are no stream: that is an answer here, not a failure. */
function gunzip(stream: Buffer): Buffer | undefined {
  try {
    // Not gunzip: the linker may put two streams next to each other, and gunzip would run them together.
    return inflateRawSync(stream.subarray(HEADER_BYTES))
  } catch {
    return undefined
  }
}

function isKubernetesFile(file: Buffer): boolean {
  const nameBytes = file[1] ?? 0
  return /^k8s\.io\/.*generated\.proto$/.test(file.toString('latin1', 2, 2 + nameBytes))
}

function message(parts: Parts, scope: string): Message {
  const name = `${scope}.${text(parts, MESSAGE.name)}`
  const entries = new Map<string, string>()
  for (const part of bytes(parts, MESSAGE.nested)) {
    const nested = read(part)
    const [options] = bytes(nested, MESSAGE.options)
    if (options === undefined || number(read(options), OPTIONS.mapEntry) !== 1) continue
    const value = message(nested, name).fields.find((field) => field.name === 'value')
    entries.set(`${name}.${text(nested, MESSAGE.name)}`, value?.type ?? '')
  }
  return { name, fields: bytes(parts, MESSAGE.field).map((part) => messageField(read(part), entries)) }
}

function messageField(parts: Parts, entries: ReadonlyMap<string, string>): MessageField {
  const scalar = SCALARS[number(parts, FIELD.type)]
  const type = scalar ?? text(parts, FIELD.typeName).slice(1)
  const repeated = number(parts, FIELD.label) === LABEL_REPEATED
  const value = entries.get(type)
  return {
    name: text(parts, FIELD.name),
    number: number(parts, FIELD.number),
    type: value ?? type,
    shape: value !== undefined ? 'map' : repeated ? 'list' : 'single',
  }
}

/** The fields of one message: numbers for varints, bytes for what has a length. Fixed-width fields do not occur. */
type Parts = ReadonlyMap<number, readonly (number | Buffer)[]>

function read(message: Buffer): Parts {
  const parts = new Map<number, (number | Buffer)[]>()
  let at = 0
  function varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const length = varint()
    const value = (tag & 7) === 2 ? message.subarray(at, (at += length)) : length
    const field = tag >>> 3
    parts.set(field, [...(parts.get(field) ?? []), value])
  }
  return parts
}

function bytes(parts: Parts, field: number): Buffer[] {
  return (parts.get(field) ?? []).filter((part) => typeof part !== 'number')
}

function text(parts: Parts, field: number): string {
  return bytes(parts, field)[0]?.toString('utf8') ?? ''
}

function number(parts: Parts, field: number): number {
  return (parts.get(field) ?? []).find((part) => typeof part === 'number') ?? 0
}
