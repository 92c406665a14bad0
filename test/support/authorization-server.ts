import { Reader, ReverseWriter, VARINT } from '../../src/api/protobuf/wire.ts'

/*
 * The authorizer's side of envoy.service.auth.v3 in gRPC: what it is asked, as it would read it, and what it answers. By hand,
 * apart from the code it is to test.
 */

export interface AskedPeer {
  readonly address: string
  readonly port: number
  readonly service: string
  readonly principal: string
}

export interface Asked {
  readonly source: AskedPeer
  readonly destination: AskedPeer
  /** Undefined for bytes that are no HTTP. */
  readonly http: AskedHttp | undefined
}

export interface AskedHttp {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly host: string
  readonly scheme: string
  readonly protocol: string
  readonly size: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly rawBody: string
  readonly seconds: number
}

/** Fields of a message by their numbers, as they came. */
type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>

const PREFIX_BYTES = 5

/** What a body of gRPC asks. */
export function readAsked(body: Buffer): Asked {
  const length = body.readUInt32BE(1)
  const request = fieldsOf(body.subarray(PREFIX_BYTES, PREFIX_BYTES + length))
  const attributes = within(request, 1)
  const asked = within(attributes, 4)
  return {
    source: peerIn(within(attributes, 1)),
    destination: peerIn(within(attributes, 2)),
    http: asked.size === 0 ? undefined : httpIn(within(asked, 2), within(asked, 1)),
  }
}

function httpIn(http: Fields, time: Fields): AskedHttp {
  const entries = (http.get(3) ?? []).map((entry) => fieldsOf(entry as Buffer))
  return {
    id: text(http, 1),
    method: text(http, 2),
    headers: Object.fromEntries(entries.map((entry) => [text(entry, 1), text(entry, 2)])),
    path: text(http, 4),
    host: text(http, 5),
    scheme: text(http, 6),
    size: number(http, 9),
    protocol: text(http, 10),
    body: text(http, 11),
    rawBody: text(http, 12),
    seconds: number(time, 1),
  }
}

function peerIn(peer: Fields): AskedPeer {
  const socket = within(within(peer, 1), 1)
  return { address: text(socket, 2), port: number(socket, 3), service: text(peer, 2), principal: text(peer, 4) }
}

function fieldsOf(bytes: Buffer): Fields {
  const reader = new Reader(bytes)
  const fields = new Map<number, (number | Buffer)[]>()
  while (!reader.done) {
    const tag = reader.tag('Asked')
    const value = (tag & 7) === VARINT ? reader.int64() : reader.bytes()
    fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), value])
  }
  return fields
}

function within(fields: Fields, field: number): Fields {
  const found = fields.get(field)?.[0]
  return found === undefined ? new Map() : fieldsOf(found as Buffer)
}

function text(fields: Fields, field: number): string {
  return String(fields.get(field)?.[0] ?? '')
}

function number(fields: Fields, field: number): number {
  return Number(fields.get(field)?.[0] ?? 0)
}

/** A header in an answer. `append` is the older way to say `action`. */
export interface AnsweredHeader {
  readonly name: string
  readonly value: string
  readonly append?: boolean
  readonly action?: number
}

export interface Answered {
  /** Of gRPC; 0 allows. */
  readonly code: number
  readonly denied?: { readonly status?: number; readonly headers?: readonly AnsweredHeader[]; readonly body?: string }
  readonly allowed?: {
    readonly headers?: readonly AnsweredHeader[]
    readonly removed?: readonly string[]
    readonly responseHeaders?: readonly AnsweredHeader[]
    readonly query?: Readonly<Record<string, string>>
    readonly removedQuery?: readonly string[]
  }
}

/** A body of gRPC that says so. */
export function writeAnswered({ code, denied, allowed }: Answered): Buffer {
  const message = messageOf([
    [1, messageOf([[1, code]])],
    ...(denied === undefined
      ? []
      : [
          [
            2,
            messageOf([
              [1, messageOf([[1, denied.status ?? 0]])],
              ...headerFields(2, denied.headers),
              [3, Buffer.from(denied.body ?? '')],
            ]),
          ] as const,
        ]),
    ...(allowed === undefined
      ? []
      : [
          [
            3,
            messageOf([
              ...headerFields(2, allowed.headers),
              ...(allowed.removed ?? []).map((name) => [5, Buffer.from(name)] as const),
              ...headerFields(6, allowed.responseHeaders),
              ...Object.entries(allowed.query ?? {}).map(([name, value]) => [7, pairOf(name, value)] as const),
              ...(allowed.removedQuery ?? []).map((name) => [8, Buffer.from(name)] as const),
            ]),
          ] as const,
        ]),
  ])
  const framed = Buffer.alloc(PREFIX_BYTES + message.length)
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, PREFIX_BYTES)
  return framed
}

function headerFields(field: number, headers: readonly AnsweredHeader[] = []): readonly (readonly [number, Buffer])[] {
  return headers.map(({ name, value, append, action }) => [
    field,
    messageOf([
      [1, pairOf(name, value)],
      ...(append === undefined ? [] : [[2, messageOf([[1, append ? 1 : 0]])] as const]),
      ...(action === undefined ? [] : [[3, action] as const]),
    ]),
  ])
}

function pairOf(name: string, value: string): Buffer {
  return messageOf([
    [1, Buffer.from(name)],
    [2, Buffer.from(value)],
  ])
}

function messageOf(fields: readonly (readonly [field: number, value: number | Buffer])[]): Buffer {
  const writer = new ReverseWriter()
  for (const [field, value] of fields.toReversed()) {
    if (typeof value === 'number') {
      writer.varint(value)
      writer.tag(field, VARINT)
      continue
    }
    const before = writer.sizeBytes
    writer.raw(value)
    writer.lengthAndTag(field, before)
  }
  return writer.finish()
}
