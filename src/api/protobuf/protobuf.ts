import { badRequest } from '../errors.ts'
import { apiVersionOf, parseApiVersion } from '../kind.ts'
import { builtinDefinition, type BuiltinKind } from '../schema/builtin-table.ts'
import { messageOf, type Message } from './messages.ts'
import { PROTOBUF_PREFIX } from './values.ts'
import { BYTES, ProtobufError, Reader, ReverseWriter } from './wire.ts'

/** Field numbers of k8s.io/apimachinery runtime.Unknown, TypeMeta, and meta/v1 WatchEvent. */
const UNKNOWN = { typeMeta: 1, raw: 2, contentEncoding: 3, contentType: 4 }
const TYPE_META = { apiVersion: 1, kind: 2 }
const WATCH_EVENT = { type: 1, object: 2 }
const RAW_EXTENSION = { raw: 1 }

/** How much of a body an error shows. */
const SUMMARY_BYTES = 30

export interface TypedObject {
  readonly apiVersion: string
  readonly kind: string
}

/** Custom resources and Tables have no protobuf form. */
export function hasProtobuf({ apiVersion, kind }: TypedObject): boolean {
  return builtinDefinition({ ...parseApiVersion(apiVersion), kind }) !== undefined
}

/**
 * Reads an object from its envelope: the bytes `k8s\0`, then a runtime.Unknown. `expected` stands in for what the
 * envelope does not say. A malformed body is a 400, in upstream's words (apiserver: endpoints/handlers/rest.go).
 *
 * The result is what JSON would have held: Go writes zeros for all that is not a pointer, and those are left out where
 * its JSON leaves them out.
 */
export function decodeProtobuf(body: Uint8Array, expected?: BuiltinKind): Record<string, unknown> & TypedObject {
  let named = ''
  try {
    const { raw, ...typeMeta } = readEnvelope(body)
    const found = kindOf(typeMeta, expected)
    named = `${found.kind} in version "${found.version}"`
    return decodeBody(raw, found)
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error
    if (named !== '')
      throw badRequest(`${named} cannot be handled as a ${expected?.kind ?? 'known kind'}: ${error.message}`)
    const must = expected === undefined ? '' : ` (must be of type ${expected.kind})`
    throw badRequest(`the object provided is unrecognized${must}: ${error.message} (${summarize(body)})`)
  }
}

/** The bytes of an object of a kind that has a protobuf form: see `hasProtobuf`. */
export function encodeProtobuf(object: TypedObject): Buffer {
  const definition = builtinDefinition({ ...parseApiVersion(object.apiVersion), kind: object.kind })
  if (definition === undefined) throw new ProtobufError(`${object.apiVersion} ${object.kind} has no protobuf form`)
  const writer = new ReverseWriter()
  writer.string('')
  writer.tag(UNKNOWN.contentType, BYTES)
  writer.string('')
  writer.tag(UNKNOWN.contentEncoding, BYTES)
  const bodyAt = writer.sizeBytes
  message(definition).writeBody(writer, object)
  writer.lengthAndTag(UNKNOWN.raw, bodyAt)
  const metaAt = writer.sizeBytes
  writer.string(object.kind)
  writer.tag(TYPE_META.kind, BYTES)
  writer.string(object.apiVersion)
  writer.tag(TYPE_META.apiVersion, BYTES)
  writer.lengthAndTag(UNKNOWN.typeMeta, metaAt)
  writer.raw(PROTOBUF_PREFIX)
  return writer.finish()
}

/**
 * One event of `application/vnd.kubernetes.protobuf;stream=watch`: four bytes of length, then a WatchEvent without an
 * envelope, which holds the object in its envelope. `object` is what `encodeProtobuf` made, so that many watchers share it.
 */
export function watchFrame(type: string, object: Uint8Array): Buffer {
  const writer = new ReverseWriter(object.length + 32)
  const objectAt = writer.sizeBytes
  writer.bytes(object)
  writer.tag(RAW_EXTENSION.raw, BYTES)
  writer.lengthAndTag(WATCH_EVENT.object, objectAt)
  writer.string(type)
  writer.tag(WATCH_EVENT.type, BYTES)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(writer.sizeBytes)
  writer.raw(length)
  return writer.finish()
}

interface Envelope extends TypedObject {
  readonly raw: Buffer
}

function readEnvelope(body: Uint8Array): Envelope {
  if (body.length === 0) throw new ProtobufError('empty data')
  if (!PROTOBUF_PREFIX.equals(body.subarray(0, PROTOBUF_PREFIX.length))) {
    const prefix = `[${[...PROTOBUF_PREFIX].join(' ')}]`
    throw new ProtobufError(`provided data does not appear to be a protobuf message, expected prefix ${prefix}`)
  }
  if (body.length === PROTOBUF_PREFIX.length) throw new ProtobufError('empty body')
  const reader = new Reader(body.subarray(PROTOBUF_PREFIX.length))
  let typeMeta = { apiVersion: '', kind: '' }
  let raw: Buffer = Buffer.alloc(0)
  while (!reader.done) {
    const tag = reader.tag('Unknown')
    if (tag === UNKNOWN.typeMeta * 8 + BYTES) typeMeta = readTypeMeta(reader.message())
    else if (tag === UNKNOWN.raw * 8 + BYTES) raw = reader.bytes()
    else reader.skip(tag)
  }
  return { ...typeMeta, raw }
}

function readTypeMeta(reader: Reader): TypedObject {
  let apiVersion = ''
  let kind = ''
  while (!reader.done) {
    const tag = reader.tag('TypeMeta')
    if (tag === TYPE_META.apiVersion * 8 + BYTES) apiVersion = reader.string()
    else if (tag === TYPE_META.kind * 8 + BYTES) kind = reader.string()
    else reader.skip(tag)
  }
  return { apiVersion, kind }
}

/** What the envelope says, completed by what is expected. */
function kindOf({ apiVersion, kind }: TypedObject, expected: BuiltinKind | undefined): BuiltinKind {
  const found = kind === '' ? expected?.kind : kind
  const of = apiVersion === '' ? expected : parseApiVersion(apiVersion)
  const typeMeta = `TypeMeta{Kind:"${kind}", APIVersion:"${apiVersion}"}`
  if (found === undefined) throw new ProtobufError(`Object 'Kind' is missing in '&runtime.${typeMeta}'`)
  if (of === undefined) throw new ProtobufError(`Object 'apiVersion' is missing in '&runtime.${typeMeta}'`)
  return { group: of.group, version: of.version, kind: found }
}

function decodeBody(raw: Buffer, of: BuiltinKind): Record<string, unknown> & TypedObject {
  const definition = builtinDefinition(of)
  const apiVersion = apiVersionOf(of)
  if (definition === undefined)
    throw new ProtobufError(`no kind "${of.kind}" is registered for version "${apiVersion}"`)
  return { kind: of.kind, apiVersion, ...message(definition).readBody(new Reader(raw)) }
}

function message(definition: string): Message {
  return messageOf(definition, decodeNested)
}

/** An object inside an object: nothing is expected of it, so it has to say what it is. */
function decodeNested(bytes: Buffer): unknown {
  const { raw, ...typeMeta } = readEnvelope(bytes)
  return decodeBody(raw, kindOf(typeMeta, undefined))
}

function summarize(body: Uint8Array): string {
  if (body.length === 0) return '<empty>'
  const bytes = Buffer.from(body.subarray(0, SUMMARY_BYTES))
  const text = body[0] === 0x7b ? bytes.toString('utf8') : bytes.toString('hex')
  return body.length > SUMMARY_BYTES ? `${text} ...` : text
}
