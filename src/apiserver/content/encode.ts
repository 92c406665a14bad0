import { stringify } from 'yaml'
import { badRequest, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject, ObjectList } from '../../api/object.ts'
import { encodeProtobuf, hasProtobuf, type TypedObject, watchFrame } from '../../api/protobuf/protobuf.ts'
import type { WatchEvent } from '../../api/request.ts'
import { isList, jsonOf, jsonOfList } from './json.ts'
import type { Negotiated } from './negotiate.ts'
import { goPackageOf } from './go-package.ts'
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
  if (encoding === 'yaml') return { type: 'application/yaml', body: stringify(value, YAML_STYLE) }
  if (pretty) return { type: 'application/json', body: JSON.stringify(value, undefined, 2) }
  return { type: 'application/json', body: `${isList(value) ? jsonOfList(value) : jsonOf(value)}\n` }
}

/** As sigs.k8s.io/yaml writes: keys in order, texts that YAML 1.1 would take for something else in quotes. */
const YAML_STYLE = {
  version: '1.1',
  aliasDuplicateObjects: false,
  sortMapEntries: true,
  indentSeq: false,
  lineWidth: 0,
} as const

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
  asked: Negotiated & { readonly includeObject: string; now(): number },
): EventEncoder {
  let isFirst = true
  // No event is a list: such a wish is left unheard, where a read would be refused.
  const options = asked.as === 'metadataList' ? { ...asked, as: 'object' as const } : asked
  if (options.as === 'table') includeObjectOf(options)
  if (options.encoding === 'protobuf')
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
  const { as, version } = options
  if (as === 'object' || (value as ApiObject).kind === 'Status') return value
  if (as === 'metadata') {
    if (isList(value)) throw wrongShape(kind, 'PartialObjectMetadata', 'a list')
    return metadataOf(value as ApiObject, version)
  }
  if (as === 'metadataList') {
    if (!isList(value)) throw wrongShape(kind, 'PartialObjectMetadataList', 'not a list')
    return metadataListOf(value, version)
  }
  return tableOf(kind, value as ApiObject | ObjectList, { ...options, includeObject: includeObjectOf(options) })
}

/** Throws when a Table is asked for whose rows carry what there is not. */
function includeObjectOf({ includeObject }: Pick<EncodeOptions, 'includeObject'>): IncludeObject {
  if (includeObject === '') return 'Metadata'
  if (includeObject === 'None' || includeObject === 'Metadata' || includeObject === 'Object') return includeObject
  const rule = "must be 'Metadata', 'Object', 'None', or empty"
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(includeObject)}: ${rule}`,
  )
}

/** k8s.io/apiserver pkg/endpoints/handlers/response.go; the type is upstream's own, which has no versions. */
function wrongShape(kind: Kind, wanted: string, what: string): StatusError {
  const type = kind.custom === true ? '*unstructured.Unstructured' : `*${goPackageOf(kind.group)}.${kind.kind}`
  const list = what === 'a list' ? 'List' : ''
  const message = `you requested ${wanted}, but the requested object is ${what} (${type}${list})`
  return new StatusError(406, 'NotAcceptable', message)
}
