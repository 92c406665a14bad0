import { stringify } from 'yaml'
import { StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject, ObjectList } from '../../api/object.ts'
import { encodeProtobuf, hasProtobuf, type TypedObject, watchFrame } from '../../api/protobuf/protobuf.ts'
import type { WatchEvent } from '../../api/request.ts'
import { isList, jsonOf, jsonOfList } from './json.ts'
import type { Negotiated } from './negotiate.ts'
import { type IncludeObject, metadataListOf, metadataOf, tableOf } from './table.ts'

export interface EncodeOptions extends Negotiated {
  readonly includeObject: string
  readonly now: number
}

/** A verb's result in the form that was negotiated. */
export function encodeReply(
  kind: Kind,
  result: unknown,
  options: EncodeOptions,
): { type: string; body: string | Uint8Array } {
  const value = formOf(kind, result as object, { ...options, withColumns: true })
  return encodeValue(value, options)
}

export function encodeValue(
  value: object,
  { encoding, pretty }: Negotiated,
): { type: string; body: string | Uint8Array } {
  if (encoding === 'protobuf' && hasProtobuf(value as TypedObject)) {
    return { type: 'application/vnd.kubernetes.protobuf', body: protobufOf(value as TypedObject) }
  }
  if (encoding === 'yaml') return { type: 'application/yaml', body: stringify(value) }
  if (pretty) return { type: 'application/json', body: `${JSON.stringify(value, undefined, 2)}\n` }
  return { type: 'application/json', body: `${isList(value) ? jsonOfList(value) : jsonOf(value)}\n` }
}

export interface EventEncoder {
  readonly type: string
  event(event: WatchEvent | { type: 'ERROR'; object: object }): string | Uint8Array
}

/** Like JSON, an object's bytes are made once, however many watch it. */
const BYTES = new WeakMap<object, Buffer>()

function protobufOf(value: TypedObject): Buffer {
  let bytes = BYTES.get(value)
  if (bytes === undefined) BYTES.set(value, (bytes = encodeProtobuf(value)))
  return bytes
}

function protobufEvent(
  kind: Kind,
  { type, object }: { type: string; object: object },
  options: Negotiated & { includeObject: string; now(): number },
): Uint8Array {
  const form = type === 'ERROR' ? object : formOf(kind, object, { ...options, now: options.now(), withColumns: false })
  return watchFrame(type, protobufOf(form as TypedObject))
}

/** Encodes the events of one watch; a Table's columns are announced by its first event only. */
export function eventEncoder(
  kind: Kind,
  options: Negotiated & { readonly includeObject: string; now(): number },
): EventEncoder {
  let isFirst = true
  const isProtobuf = options.encoding === 'protobuf' && options.as !== 'table' && kind.custom !== true
  if (isProtobuf)
    return {
      type: 'application/vnd.kubernetes.protobuf;stream=watch',
      event: (event) => protobufEvent(kind, event, options),
    }
  return {
    type: 'application/json',
    event({ type, object }) {
      if (type === 'ERROR') return `{"type":"ERROR","object":${JSON.stringify(object)}}\n`
      const form = formOf(kind, object, { ...options, now: options.now(), withColumns: isFirst })
      isFirst = false
      return `{"type":"${type}","object":${jsonOf(form)}}\n`
    },
  }
}

function formOf(kind: Kind, value: object, options: EncodeOptions & { withColumns: boolean }): object {
  if (options.as === 'object' || (value as ApiObject).kind === 'Status') return value
  if (options.as === 'metadata') {
    return isList(value) ? metadataListOf(value, options.version) : metadataOf(value as ApiObject, options.version)
  }
  const includeObject = options.includeObject as IncludeObject
  if (!['None', 'Metadata', 'Object'].includes(includeObject)) {
    throw new StatusError(400, 'BadRequest', `unrecognized includeObject value: ${JSON.stringify(includeObject)}`)
  }
  return tableOf(kind, value as ApiObject | ObjectList, { ...options, includeObject })
}
