import { type Cause, duplicate, invalidValue, required, tooMany } from '../../errors.ts'
import { FieldPathError, readFieldPath } from '../../schema/rules/field-path.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  JSONSchemaProps,
  SelectableField,
} from '../../types.generated.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { SELECTABLE_FIELDS_MAX } from './definition-rules.ts'
import { structureOf } from './schema-search.ts'

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const SELECTABLE_TYPES = ['string', 'boolean', 'integer']
const DEPRECATION_WARNING_LENGTH_MAX = 256
/** What Go calls printable: letters, marks, numbers, punctuation, symbols, and of all spaces the plain one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

export function* validateSubresources({ scale }: CustomResourceSubresources, field: string): Generator<Cause> {
  if (scale === undefined) return
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = unchecked(scale)
  const at = `${field}.scale`
  yield* validatePathBelow(specReplicasPath, `${at}.specReplicasPath`, { roots: ['.spec.'], rule: '.spec' })
  yield* validatePathBelow(statusReplicasPath, `${at}.statusReplicasPath`, { roots: ['.status.'], rule: '.status' })
  if (labelSelectorPath === '') return
  const roots = ['.spec.', '.status.']
  yield* validatePathBelow(labelSelectorPath, `${at}.labelSelectorPath`, { roots, rule: 'either .spec or .status' })
}

function* validatePathBelow(
  path: string,
  field: string,
  { roots, rule }: { readonly roots: readonly string[]; readonly rule: string },
): Generator<Cause> {
  if (path === '') yield required(field, '')
  else if (!path.startsWith('.')) yield notSimple(path, field)
  else if (!roots.some((root) => path.startsWith(root))) {
    yield invalidValue(field, path, `should be a json path under ${rule}`)
  }
}

function notSimple(path: string, field: string): Cause {
  return invalidValue(field, path, 'must be a simple json path starting with .')
}

export function* validateColumn(
  { name = '', type = '', format = '', jsonPath = '' }: Unchecked<CustomResourceColumnDefinition>,
  field: string,
): Generator<Cause> {
  if (name === '') yield required(`${field}.name`, '')
  const types = `must be one of ${COLUMN_TYPES.join(',')}`
  if (type === '') yield required(`${field}.type`, types)
  else if (!COLUMN_TYPES.includes(type)) yield invalidValue(`${field}.type`, type, types)
  if (format !== '' && !COLUMN_FORMATS.includes(format)) {
    yield invalidValue(`${field}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`)
  }
  if (jsonPath === '') yield required(`${field}.JSONPath`, '')
  else if (!jsonPath.startsWith('.')) yield notSimple(jsonPath, `${field}.JSONPath`)
}

export function* validateSelectableFields(
  fields: readonly Unchecked<SelectableField>[],
  schema: JSONSchemaProps,
  field: string,
  allowTooMany: boolean,
): Generator<Cause> {
  const known = new Set<string>()
  for (const [index, { jsonPath = '' }] of fields.entries()) {
    const at = `${field}[${index}].jsonPath`
    if (jsonPath === '') {
      yield required(at, '')
      continue
    }
    const found = selectableField(jsonPath, schema)
    if (typeof found === 'string') {
      yield invalidValue(at, jsonPath, `is an invalid path: ${found}`)
      continue
    }
    if (/^metadata\b/.test(found.printed)) {
      yield invalidValue(at, jsonPath, 'must not point to fields in metadata')
    }
    if (!SELECTABLE_TYPES.includes(found.schema.type ?? '')) {
      const rule = 'must point to a field of type string, boolean or integer.'
      yield invalidValue(at, jsonPath, `${rule} Enum string fields and strings with formats are allowed.`)
    }
    if (known.has(found.printed)) yield duplicate(at, jsonPath)
    known.add(found.printed)
  }
  if (known.size > SELECTABLE_FIELDS_MAX && !allowTooMany) yield tooMany(field, known.size, SELECTABLE_FIELDS_MAX)
}

function selectableField(path: string, schema: JSONSchemaProps): ReturnType<typeof readFieldPath> | string {
  try {
    return readFieldPath(path, structureOf(schema), { brackets: false })
  } catch (failure) {
    if (failure instanceof FieldPathError) return failure.message
    throw failure
  }
}

/** What is wrong with what clients are told when they use a deprecated version. */
export function deprecationWarningProblems(deprecated: boolean, warning: string | undefined): readonly string[] {
  if (warning === undefined) return []
  if (!deprecated) return ['can only be set for deprecated versions']
  const problems: string[] = []
  if (Buffer.byteLength(warning) > DEPRECATION_WARNING_LENGTH_MAX) {
    problems.push(`must be <= ${DEPRECATION_WARNING_LENGTH_MAX} characters long`)
  }
  if (warning === '') problems.push('must not be an empty string')
  let at = 0
  // As a server reads text that is none, which then cannot be told from printable text, but by itself.
  for (const character of warning.toWellFormed()) {
    if (!PRINTABLE.test(character)) {
      const rule = 'must only contain printable UTF-8 characters'
      problems.push(`${rule}; non-printable character found at index ${at}`)
      break
    }
    at += Buffer.byteLength(character)
  }
  if (!warning.isWellFormed()) problems.push('must only contain printable UTF-8 characters')
  return problems
}
