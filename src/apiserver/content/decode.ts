import { badRequest, StatusError } from '../../api/errors.ts'
import { type Kind, subresourceKindOf } from '../../api/kind.ts'
import { decodeProtobuf } from '../../api/protobuf/protobuf.ts'
import type { PatchType } from '../../api/request.ts'
import { findDuplicates } from '../../api/schema/duplicates.ts'
import { parseYaml, YamlError } from '../../api/yaml.ts'
import type { DeleteOptions } from '../http/options.ts'
import { jsonSyntaxError } from '../../base/json-syntax-error.ts'

/** A body as a value, and the keys that its text had twice. */
export interface DecodedBody {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const NO_DUPLICATES: readonly string[] = []

/** Reads a body by its media type; what its kind makes of it is decided later. */
export function decodeObject(
  bytes: Buffer,
  options: { kind: Kind; subresource: string | undefined; type: string },
): DecodedBody {
  const { kind, subresource, type } = options
  return decodeBody(bytes, type, subresourceKindOf(kind, subresource) ?? kind)
}

export function decodePatch(bytes: Buffer, type: PatchType): DecodedBody {
  const text = bytes.toString('utf8')
  if (type === 'application/apply-patch+yaml')
    return readYaml(text, (why) => `error decoding patch: error converting YAML to JSON: ${why}`)
  // k8s.io/apiserver pkg/endpoints/handlers/patch.go: of a strategic merge patch nothing but the reason is told.
  const isStrategic = type === 'application/strategic-merge-patch+json'
  return readJson(text, (why) => (isStrategic ? why : `error decoding patch: ${why}`))
}

/** The body of a deletion, which may be said in any group's words (k8s.io/apiserver pkg/endpoints/handlers/delete.go). */
export function decodeDeleteOptions(bytes: Buffer, type: string): DeleteOptions {
  const { value } = decodeBody(bytes, type, DELETE_OPTIONS, (why) => why)
  const { kind = DELETE_OPTIONS.kind, ...options } = (value ?? {}) as { kind?: string } & DeleteOptions
  if (kind !== DELETE_OPTIONS.kind) throw badRequest('decoded object cannot be converted to DeleteOptions')
  return options
}

const DELETE_OPTIONS = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' }

type Expected = Pick<Kind, 'group' | 'version' | 'kind' | 'custom'>

function decodeBody(
  bytes: Buffer,
  type: string,
  expected: Expected,
  wording: Wording = (why) => unrecognized(bytes, expected, why),
): DecodedBody {
  const text = (): string => bytes.toString('utf8')
  switch (type) {
    case 'application/json':
      return typed(
        readJson(text(), (why) => wording(`couldn't get version/kind; json parse error: ${why}`)),
        { expected, text, wording },
      )
    case 'application/yaml':
      return typed(readYaml(text(), wording), { expected, text, wording })
    case 'application/vnd.kubernetes.protobuf':
      return { value: decodeProtobuf(bytes, expected), duplicates: NO_DUPLICATES }
    default: {
      const message = `the body of the request was in an unknown format - accepted media types include: ${ACCEPTED}`
      throw new StatusError(415, 'UnsupportedMediaType', message)
    }
  }
}

/** Go's words for what it reads a body's type into (k8s.io/apimachinery pkg/runtime/serializer/json/meta.go). */
const FIND_KIND =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** A body says in its first fields what it is. Built-in kinds take one that does not at its path's word. */
function typed(
  body: DecodedBody,
  { expected, text, wording }: { expected: Expected; text: () => string; wording: Wording },
): DecodedBody {
  const { value } = body
  const refuse = (why: string): never => {
    throw badRequest(wording(why))
  }
  const misread = (of: unknown, into: string): never =>
    refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeOf(of)} into Go ${into}`)
  if (value === null) return body
  if (typeof value !== 'object' || Array.isArray(value)) misread(value, `value of type ${FIND_KIND}`)
  const { apiVersion = '', kind = '' } = value as { apiVersion?: unknown; kind?: unknown }
  if (apiVersion !== null && typeof apiVersion !== 'string')
    misread(apiVersion, 'struct field .apiVersion of type string')
  if (kind !== null && typeof kind !== 'string') misread(kind, 'struct field .kind of type string')
  if (String(apiVersion).split('/').length > 2) refuse(`unexpected GroupVersion string: ${String(apiVersion)}`)
  if (expected.custom === true && (kind ?? '') === '') refuse(`Object 'Kind' is missing in '${text()}'`)
  return body
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** k8s.io/apiserver pkg/endpoints/handlers/rest.go: transformDecodeError. */
function unrecognized(bytes: Buffer, { kind }: Pick<Kind, 'kind'>, why: string): string {
  return `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(bytes)})`
}

const SUMMARY_MAX_BYTES = 30

function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, SUMMARY_MAX_BYTES)
  const shown = bytes.toString('utf8', 0, 1) === '{' ? start.toString('utf8') : start.toString('hex')
  return bytes.length > SUMMARY_MAX_BYTES ? `${shown} ...` : shown
}

type Wording = (why: string) => string

function readJson(text: string, wording: Wording): DecodedBody {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(wording(jsonSyntaxError(text)))
  }
  return { value, duplicates: findDuplicates(text) }
}

function readYaml(text: string, wording: Wording): DecodedBody {
  try {
    return parseYaml(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw badRequest(wording(error.message))
  }
}
