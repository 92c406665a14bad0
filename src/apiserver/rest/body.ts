import { badRequest, invalid, invalidValue, StatusError } from '../../api/errors.ts'
import { apiVersionOf, type Kind, parseApiVersion, subresourceKindOf } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { goTypeOf, isList, isObject, printGo } from '../../api/patch/json-value.ts'
import { unknownFieldsOfJsonPatch } from '../../api/patch/json-patch.ts'
import type { ApiRequest } from '../../api/request.ts'
import { canonicalObject } from '../../api/schema/builtin-canonical.ts'
import { builtinDefinition } from '../../api/schema/builtin-table.ts'
import { builtinSchema } from '../../api/schema/builtin.ts'
import { decodeOrThrow, decodeTyped } from '../../api/schema/decode.ts'
import { DecodeError } from '../../api/schema/decoder.ts'
import { goPackageOf } from '../content/go-package.ts'

/**
 * The object in a request's body, of the shape that its kind has. Fields that the kind does not know are refused,
 * warned of or dropped, as the request asks; calls from our own process are typed already.
 */
export function bodyOf(request: ApiRequest): ApiObject {
  const body = request.body as Partial<ApiObject> | null | undefined
  if (body === undefined || body === null || typeof body !== 'object') throw badRequest('the request has no body')
  if (request.trusted === true) return withMetadata(body)
  const kind = bodyKind(request)
  const spoken = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...body }
  if (spoken.apiVersion !== apiVersionOf(kind) || spoken.kind !== kind.kind) throw mismatch(kind, spoken)
  const { object, unknownFields } = decodeTyped(kind, spoken)
  judge(request, unknownFields, (problems) => {
    const why = `strict decoding error: ${problems}`
    const { version } = kind
    return badRequest(`${kind.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${why}`)
  })
  return withMetadata(canonical(kind, object))
}

/**
 * What a patch made of an object, of the shape that its kind has again. What our own process sends is typed already, but
 * an apply leaves null where it took all of something away.
 */
export function patchedObject(request: ApiRequest, value: unknown): ApiObject {
  const { trusted, patchType } = request
  if (trusted === true && patchType !== 'application/apply-patch+yaml') return value as ApiObject
  const isStrategic = patchType === 'application/strategic-merge-patch+json'
  const shown = (): string => (isStrategic ? printGo(request.body) : JSON.stringify(value))
  const refused = (why: string): StatusError => invalid('', '', '', [invalidValue('patch', shown(), why)])
  try {
    const { object, unknownFields } = decodeOrThrow(bodyKind(request), value)
    const own = patchType === 'application/json-patch+json' ? unknownFieldsOfJsonPatch(request.body) : []
    judge(request, [...own, ...unknownFields], (problems) => refused(`strict decoding error: ${problems}`))
    return canonical(bodyKind(request), object)
  } catch (error) {
    if (error instanceof DecodeError) throw refused(isStrategic ? unconvertible(error) : error.message)
    if (error instanceof StatusError && error.code === 400) throw refused(error.message)
    throw error
  }
}

/** A strategic merge patch is converted without a detour by JSON: k8s.io/apimachinery pkg/runtime/converter.go. */
function unconvertible({ message, mismatch }: DecodeError): string {
  if (mismatch === undefined) return message
  const { value, type } = mismatch
  const from = isList(value) ? 'slice' : isObject(value) ? 'map' : goTypeOf(value)
  if (type.startsWith('map[')) return `cannot restore map from ${from}`
  if (type.startsWith('[]')) return `cannot restore slice from ${from}`
  if (type.includes('.')) return `cannot restore struct from: ${from}`
  const isNumber = from === 'int64' || from === 'float64'
  const isConvertible = isNumber && (type.startsWith('int') || (from === 'int64' && type === 'string'))
  return isConvertible ? `cannot convert ${from} to ${type}` : `unrecognized type: ${type}`
}

/** Does with unknown and duplicate fields what `fieldValidation` says; servers warn unless they are told otherwise. */
function judge(request: ApiRequest, unknownFields: readonly string[], refusal: (problems: string) => Error): void {
  const { options, duplicates = [], warn } = request
  if (unknownFields.length + duplicates.length === 0 || options.fieldValidation === 'Ignore') return
  if (options.fieldValidation !== 'Strict') {
    for (const problem of [...unknownFields, ...duplicates]) warn?.(problem)
  } else if (isYaml(duplicates)) throw refusal([yamlError(duplicates), ...unknownFields].join(', '))
  else throw refusal([...unknownFields, ...duplicates].join(', '))
}

/** The same for the configuration of an apply, whose unknown fields are its manager's to refuse. */
export function judgeConfiguration({ options, duplicates = [], warn }: ApiRequest): void {
  if (duplicates.length === 0 || options.fieldValidation === 'Ignore') return
  if (options.fieldValidation !== 'Strict') for (const problem of duplicates) warn?.(problem)
  else throw badRequest(`error strict decoding patch: error converting YAML to JSON: ${yamlError(duplicates)}`)
}

/** Keys that stand twice in YAML are told together, with their lines. */
function isYaml([first]: readonly string[]): boolean {
  return first?.startsWith('line ') === true
}

function yamlError(duplicates: readonly string[]): string {
  return `yaml: unmarshal errors:${duplicates.map((one) => `\n  ${one}`).join('')}`
}

/** A subresource with a kind of its own, such as `scale`, has bodies of that kind. */
function bodyKind({ kind, subresource }: ApiRequest): Kind {
  const about = subresourceKindOf(kind, subresource)
  const definition = about === undefined ? undefined : builtinDefinition(about)
  if (about === undefined || definition === undefined) return kind
  return { ...about, plural: '', singular: '', namespaced: true, schema: () => builtinSchema(definition) }
}

/** As upstream would give it back: quantities and times in their one form, meaningless zeros left out. */
function canonical(kind: Kind, object: ApiObject): ApiObject {
  const { definition } = kind.schema()
  return definition === undefined || kind.custom === true ? object : canonicalObject(definition, object)
}

function withMetadata(body: Partial<ApiObject>): ApiObject {
  if (body.metadata === undefined || body.metadata === null) return { ...body, metadata: { name: '' } } as ApiObject
  return body as ApiObject
}

/** What a body is that is not what its path is about (k8s.io/apimachinery pkg/runtime/serializer). */
function mismatch(kind: Kind, body: { apiVersion: string; kind: string }): StatusError {
  const { group, version } = parseApiVersion(body.apiVersion)
  const otherVersion = `the API version in the data (${body.apiVersion}) does not match the expected API version (${apiVersionOf(kind)})`
  if (kind.custom === true) {
    if (body.apiVersion !== apiVersionOf(kind)) return badRequest(otherVersion)
    return invalid(kind.group, kind.kind, '', [invalidValue('kind', body.kind, `must be ${kind.kind}`)])
  }
  const cannot = `${body.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}`
  if (builtinDefinition({ group, version, kind: body.kind }) === undefined) {
    const where = 'in scheme "pkg/api/legacyscheme/scheme.go:30"'
    return badRequest(`${cannot}: no kind "${body.kind}" is registered for version "${body.apiVersion}" ${where}`)
  }
  const own = goPackageOf(kind.group)
  const isConvertible = body.kind === kind.kind && goPackageOf(group) === own
  if (isConvertible) return badRequest(otherVersion)
  return badRequest(`${cannot}: converting (${version}.${body.kind}) to (${own}.${kind.kind}): unknown conversion`)
}
