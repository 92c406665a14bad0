import { patternProblem } from '../cel/patterns.ts'
import { type Cause, forbiddenField, invalidValue, required } from '../errors.ts'
import { missingStructure } from './structural-completeness.ts'
import { sameJson } from './json.ts'
import type { Schema } from './schema.ts'
import type { StructuralOptions } from './structural-options.ts'
import { childPath, indexPath, propertyPath } from './traverse.ts'

type Level = 'root' | 'item' | 'field'

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}
const METADATA_TOO_MUCH =
  'must not specify anything other than name and generateName, but metadata is implicitly specified'

/**
 * Why a schema is not structural, sorted. A structural schema gives each value one place that says what it is; what stands
 * in allOf, anyOf, oneOf and not only narrows that down. After k8s.io/apiextensions-apiserver pkg/apiserver/schema.
 */
export function validateStructural(schema: Schema, path: string, options: StructuralOptions = {}): readonly Cause[] {
  const causes: Cause[] = []
  collectFromNode(schema, { level: 'root', path, options }, causes)
  causes.push(...missingStructure(schema, path, options))
  const words = new Map(causes.map((cause) => [cause, `${cause.field}: ${cause.message}`]))
  return causes.toSorted((left, right) => ((words.get(left) ?? '') < (words.get(right) ?? '') ? -1 : 1))
}

interface NodePlace {
  readonly level: Level
  readonly path: string
  readonly options: StructuralOptions
}

/** Nodes with which nothing is wrong, as root, item or field: large schemas say the same thing in many places. */
const sound = { root: new WeakSet<Schema>(), item: new WeakSet<Schema>(), field: new WeakSet<Schema>() }

function collectFromNode(schema: Schema, { level, path, options }: NodePlace, causes: Cause[]): void {
  if (sound[level].has(schema)) return
  const before = causes.length
  const { type, properties = {}, additionalProperties, items } = schema
  const itemsPath = childPath(path, 'items')
  if (type === 'array' && items === undefined) causes.push(required(itemsPath, 'must be specified'))
  if (items !== undefined) collectFromNode(items, { level: 'item', path: itemsPath, options }, causes)
  for (const [name, property] of Object.entries(properties)) {
    collectFromNode(property, { level: 'field', path: propertyPath(path, name), options }, causes)
  }
  if (additionalProperties !== undefined) {
    const at = childPath(path, 'additionalProperties')
    if (level === 'root') causes.push(forbiddenField(at, 'must not be used at the root'))
    if (typeof additionalProperties === 'object') {
      collectFromNode(additionalProperties, { level: 'field', path: at, options }, causes)
    }
  }
  collectFromKeywords(schema, { level, path, options }, causes)
  const isStrict = Object.keys(options).length === 0
  if (causes.length === before && isStrict) sound[level].add(schema)
}

const RESTRICTIONS: readonly (keyof Schema)[] = ['allOf', 'anyOf', 'oneOf', 'not', 'pattern']

/** Most nodes have none of what most rules are about. */
function collectFromKeywords(schema: Schema, { level, path, options }: NodePlace, causes: Cause[]): void {
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  if (schema['x-kubernetes-int-or-string'] === true) causes.push(...validateExtensions(schema, path))
  if (RESTRICTIONS.some((keyword) => schema[keyword] !== undefined)) {
    causes.push(...validateRestrictions(schema, path, { options, isIntOrString: isIntOrString(schema) }))
  }
  if (schema.type === undefined || level === 'root' || schema['x-kubernetes-embedded-resource'] === true) {
    causes.push(...validateType(schema, level, path))
  }
  if ((kind ?? apiVersion ?? metadata) !== undefined) causes.push(...validateMeta(schema, level, path))
}

function* validateExtensions(schema: Schema, path: string): Generator<Cause> {
  for (const extension of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
    if (schema[extension] !== true) continue
    yield invalidValue(childPath(path, extension), true, 'must be false if x-kubernetes-int-or-string is true')
  }
}

function* validateType(schema: Schema, level: Level, path: string): Generator<Cause> {
  const { type = '', properties = {}, additionalProperties } = schema
  const typeField = childPath(path, 'type')
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (isEmbedded && type !== 'object') {
    const rule = 'must be object if x-kubernetes-embedded-resource is true'
    yield type === '' ? required(typeField, rule) : invalidValue(typeField, type, rule)
  } else if (type === '' && !isOpen && schema['x-kubernetes-int-or-string'] !== true) {
    yield required(typeField, NO_TYPE[level])
  }
  if (isEmbedded && additionalProperties !== undefined) {
    const rule = 'must not be used if x-kubernetes-embedded-resource is set'
    yield forbiddenField(childPath(path, 'additionalProperties'), rule)
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    yield invalidValue(typeField, type, 'must be object at the root')
  }
  if (isEmbedded && !isOpen && Object.keys(properties).length === 0) {
    const rule =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    yield required(childPath(path, 'properties'), rule)
  }
}

/** Schemas may say little of what every resource has anyway. */
function* validateMeta(schema: Schema, level: Level, path: string): Generator<Cause> {
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true
  for (const [name, property] of Object.entries({ kind, apiVersion })) {
    if (!isResource || property === undefined || property.type === 'string') continue
    yield invalidValue(childPath(propertyPath(path, name), 'type'), property.type ?? '', 'must be string')
  }
  if (metadata === undefined) return
  const metadataPath = propertyPath(path, 'metadata')
  if (isResource && metadata.type !== 'object') {
    yield invalidValue(childPath(metadataPath, 'type'), metadata.type ?? '', 'must be object')
  }
  if (level === 'root' && !restrictsNamesOnly(metadata)) yield forbiddenField(metadataPath, METADATA_TOO_MUCH)
}

function restrictsNamesOnly(metadata: Schema): boolean {
  const { type: _type, default: _default, properties = {}, ...rest } = metadata
  const isNamesOnly = Object.keys(properties).every((name) => name === 'name' || name === 'generateName')
  return isNamesOnly && Object.values(rest).every(isEmpty)
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === undefined || value === false || value === ''
}

const INT_OR_STRING: readonly Schema[] = [{ type: 'integer' }, { type: 'string' }]

/** Where the alternatives "integer" or "string" may stand spelled out, though types may not stand there otherwise. */
type IntOrStringAt = 'anyOf' | 'allOf' | undefined

function isIntOrString({ anyOf, allOf }: Schema): IntOrStringAt {
  if (sameJson(anyOf, INT_OR_STRING)) return 'anyOf'
  return sameJson(allOf?.[0]?.anyOf, INT_OR_STRING) ? 'allOf' : undefined
}

interface Restrictions {
  readonly options: StructuralOptions
  readonly isIntOrString: IntOrStringAt
}

function* validateRestrictions(
  schema: Schema,
  path: string,
  { options, isIntOrString }: Restrictions,
): Generator<Cause> {
  // Rules cannot be run where failing is no error.
  const strict = { ...options, allowNestedXValidations: false }
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = '' } = schema
  for (const [index, nested] of (isIntOrString === 'anyOf' ? [] : anyOf).entries()) {
    yield* validateNested(nested, indexPath(childPath(path, 'anyOf'), index), { options: strict })
  }
  for (const [index, nested] of allOf.entries()) {
    const skipped = isIntOrString === 'allOf' && index === 0 ? 'anyOf' : undefined
    yield* validateNested(nested, indexPath(childPath(path, 'allOf'), index), { options, isIntOrString: skipped })
  }
  for (const [index, nested] of oneOf.entries()) {
    yield* validateNested(nested, indexPath(childPath(path, 'oneOf'), index), { options: strict })
  }
  if (not !== undefined) yield* validateNested(not, childPath(path, 'not'), { options: strict })
  const problem = pattern === '' ? undefined : patternProblem(pattern)
  if (problem !== undefined) {
    const detail = `must be a valid regular expression, but isn't: ${problem}`
    yield invalidValue(childPath(path, 'pattern'), pattern, detail)
  }
}

function* validateNested(
  schema: Schema,
  path: string,
  { options, isIntOrString }: Omit<Restrictions, 'isIntOrString'> & { readonly isIntOrString?: IntOrStringAt },
): Generator<Cause> {
  const { properties = {}, additionalProperties, items } = schema
  yield* validateRestrictions(schema, path, { options, isIntOrString })
  if (items !== undefined) yield* validateNested(items, childPath(path, 'items'), { options })
  for (const [name, property] of Object.entries(properties)) {
    yield* validateNested(property, propertyPath(path, name), { options })
  }
  if (typeof additionalProperties === 'object' && options.allowNestedAdditionalProperties === true) {
    yield* validateNested(additionalProperties, childPath(path, 'additionalProperties'), { options })
  }
  yield* validateForbidden(schema, path, options)
  if (Object.hasOwn(properties, 'metadata')) {
    yield forbiddenField(propertyPath(path, 'metadata'), 'must not be specified in a nested context')
  }
}

/** What says more than how a value is narrowed down, and how upstream words its absence. */
const FORBIDDEN: readonly (readonly [keyof Schema, string])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
]

function* validateForbidden(schema: Schema, path: string, options: StructuralOptions): Generator<Cause> {
  for (const [keyword, wanted] of FORBIDDEN) {
    if (isAbsent(schema[keyword], wanted) || isAllowed(keyword, schema, options)) continue
    yield forbiddenField(childPath(path, keyword), `must be ${wanted} to be structural`)
  }
}

function isAbsent(value: unknown, wanted: string): boolean {
  return value === undefined || value === null || (wanted !== 'undefined' && isEmpty(value))
}

function isAllowed(keyword: keyof Schema, schema: Schema, options: StructuralOptions): boolean {
  if (keyword === 'additionalProperties') {
    return schema.additionalProperties === false || options.allowNestedAdditionalProperties === true
  }
  return keyword === 'x-kubernetes-validations' && options.allowNestedXValidations === true
}
