import { type Cause, invalidValue, required } from '../errors.ts'
import { validateDns1035Label } from '../names/dns.ts'
import { builtinSchema } from './builtin.ts'
import { DecodeError, decoderOf, DecodeState } from './decoder.ts'
import { DROP, isJsonObject, type JsonObject, rewriteArray, rewriteObject } from './json.ts'
import type { Schema } from './schema.ts'
import { asResourceRoot, childPath, fieldSchemaOf, indexPath, keyPath } from './traverse.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

export interface CoerceOptions {
  readonly isRoot: boolean
  /** Drops what cannot be read instead of refusing it: for objects that were stored before. */
  readonly dropInvalid: boolean
}

/** An embedded object's metadata, apiVersion or kind cannot be read. */
export class CoerceError extends Error {
  override readonly name = 'CoerceError'
  readonly causeOf: Cause

  constructor(cause: Cause) {
    super(`${cause.field}: ${cause.message}`)
    this.causeOf = cause
  }
}

/**
 * Gives metadata, at the root and in embedded resources, the form that typed objects have. Throws a CoerceError. After
 * k8s.io/apiextensions-apiserver pkg/apiserver/schema/objectmeta.
 */
export function coerceMetadata(
  value: unknown,
  schema: Schema | undefined,
  { isRoot, dropInvalid }: CoerceOptions,
): { readonly value: unknown; readonly unknownFields: readonly string[] } {
  const unknownFields: string[] = []
  const coerced = coerce(value, isRoot ? asResourceRoot(schema) : schema, '', { dropInvalid, unknownFields })
  return { value: coerced, unknownFields: unknownFields.sort() }
}

interface Coercion {
  readonly dropInvalid: boolean
  readonly unknownFields: string[]
}

function coerce(value: unknown, schema: Schema | undefined, path: string, coercion: Coercion): unknown {
  if (schema === undefined || !hasEmbedded(schema)) return value
  if (Array.isArray(value)) {
    return rewriteArray(value, (item, index) => coerce(item, schema.items, indexPath(path, index), coercion))
  }
  if (!isJsonObject(value)) return value
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  return rewriteObject(value, (inner, key) => {
    const own = isEmbedded ? coerceField(inner, key, path, coercion) : inner
    if (own === DROP) return DROP
    const field = fieldSchemaOf(schema, key)
    const at = field.declared === 'additional' ? keyPath(path, key) : childPath(path, key)
    return coerce(own, field.schema, at, coercion)
  })
}

function coerceField(value: unknown, key: string, path: string, coercion: Coercion): unknown {
  if (key === 'metadata') return coerceObjectMeta(value, path, coercion)
  if ((key !== 'apiVersion' && key !== 'kind') || typeof value === 'string') return value
  if (coercion.dropInvalid) return DROP
  throw new CoerceError(invalidValue(childPath(path, key), value, 'must be a string'))
}

function coerceObjectMeta(value: unknown, path: string, { dropInvalid, unknownFields }: Coercion): unknown {
  const at = childPath(path, 'metadata')
  const read = readObjectMeta(value, at)
  if (!(read instanceof DecodeError)) {
    unknownFields.push(...read.unknownFields)
    return withoutEmptyTimestamp(read.metadata)
  }
  if (!dropInvalid) throw new CoerceError(invalidValue(at, value, read.message))
  if (!isJsonObject(value)) return value
  const readable = rewriteObject(value, (inner, key) => {
    const field = readObjectMeta({ [key]: inner }, at)
    if (field instanceof DecodeError) return DROP
    unknownFields.push(...field.unknownFields)
    return key in field.metadata ? field.metadata[key] : DROP
  })
  return withoutEmptyTimestamp(readable)
}

function withoutEmptyTimestamp(metadata: JsonObject): JsonObject {
  return rewriteObject(metadata, (value, key) => (key === 'creationTimestamp' && value === '' ? DROP : value))
}

/** Typed objects leave out what is empty; unknown fields are named by their whole path. */
function readObjectMeta(
  value: unknown,
  path: string,
): { readonly metadata: JsonObject; readonly unknownFields: readonly string[] } | DecodeError {
  if (value === null) return { metadata: {}, unknownFields: [] }
  const state = new DecodeState()
  try {
    const metadata = decoderOf(builtinSchema(OBJECT_META))(value, state)
    if (!isJsonObject(metadata)) return new DecodeError('expected an object')
    const unknownFields = state.unknownPaths.map((field) => childPath(path, field))
    return { metadata: withoutEmpty(metadata), unknownFields }
  } catch (failure) {
    if (failure instanceof DecodeError) return failure
    throw failure
  }
}

function withoutEmpty(metadata: JsonObject): JsonObject {
  return rewriteObject(metadata, (value) => (isEmpty(value) ? DROP : value))
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return isJsonObject(value) && Object.keys(value).length === 0
}

const withEmbedded = new WeakMap<Schema, boolean>()

/** Whether a schema has an embedded resource in it, or is one. */
function hasEmbedded(schema: Schema): boolean {
  const known = withEmbedded.get(schema)
  if (known !== undefined) return known
  withEmbedded.set(schema, schema['x-kubernetes-embedded-resource'] === true)
  const { properties = {}, additionalProperties, items } = schema
  const children = [...Object.values(properties), additionalProperties, items]
  const found =
    schema['x-kubernetes-embedded-resource'] === true ||
    children.some((child) => typeof child === 'object' && hasEmbedded(child))
  withEmbedded.set(schema, found)
  return found
}

/** What is wrong with an object's metadata, which stands at `field`. */
export type ValidateMetadata = (metadata: JsonObject, field: string) => Iterable<Cause>

/** What is wrong with embedded resources; with `isRoot` also with the object itself. */
export function* validateEmbedded(
  value: unknown,
  schema: Schema | undefined,
  options: { readonly isRoot: boolean; readonly validateMetadata: ValidateMetadata },
): Generator<Cause> {
  yield* validate(value, options.isRoot ? asResourceRoot(schema) : schema, '', options.validateMetadata)
}

function* validate(
  value: unknown,
  schema: Schema | undefined,
  path: string,
  validateMetadata: ValidateMetadata,
): Generator<Cause> {
  if (schema === undefined || !hasEmbedded(schema)) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* validate(item, schema.items, indexPath(path, index), validateMetadata)
    }
    return
  }
  if (!isJsonObject(value)) return
  if (schema['x-kubernetes-embedded-resource'] === true) yield* validateResource(value, path, validateMetadata)
  for (const [key, inner] of Object.entries(value)) {
    const field = fieldSchemaOf(schema, key)
    const at = field.declared === 'additional' ? keyPath(path, key) : childPath(path, key)
    yield* validate(inner, field.schema, at, validateMetadata)
  }
}

export function* validateResource(
  value: JsonObject,
  path: string,
  validateMetadata: ValidateMetadata,
): Generator<Cause> {
  for (const field of ['apiVersion', 'kind']) {
    if (!Object.hasOwn(value, field)) yield required(childPath(path, field), '')
  }
  for (const [key, inner] of Object.entries(value)) {
    const at = childPath(path, key)
    if (key === 'apiVersion') yield* validateApiVersion(inner, at)
    if (key === 'kind') yield* validateKind(inner, at)
    if (key !== 'metadata') continue
    const read = readObjectMeta(inner, at)
    if (read instanceof DecodeError) yield invalidValue(at, inner, read.message)
    else yield* validateMetadata(read.metadata, at)
  }
}

function* validateApiVersion(value: unknown, field: string): Generator<Cause> {
  if (typeof value !== 'string') yield invalidValue(field, value, 'must be a string')
  else if (value === '') yield invalidValue(field, value, 'must not be empty')
  else if (value.split('/').length > 2) yield invalidValue(field, value, `unexpected GroupVersion string: ${value}`)
}

function* validateKind(value: unknown, field: string): Generator<Cause> {
  if (typeof value !== 'string') {
    yield invalidValue(field, value, 'must be a string')
    return
  }
  const problems = validateDns1035Label(value.toLowerCase())
  if (value === '') yield invalidValue(field, value, 'must not be empty')
  else if (problems.length > 0) {
    yield invalidValue(field, value, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
  }
}
