import type { Schema } from '../schema.ts'

/** A path such as `.spec.foo['bar']` that does not lead to a field of the schema. */
export class FieldPathError extends Error {
  override readonly name = 'FieldPathError'
}

const UNESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

const NO_FIELD = 'does not refer to a valid field'

/**
 * The path as errors print it (`spec.foo[bar]`), and the schema that it leads to. Throws a FieldPathError. After
 * k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/validation.go.
 */
export function readFieldPath(
  path: string,
  root: Schema,
  { brackets = true }: { readonly brackets?: boolean } = {},
): { readonly printed: string; readonly schema: Schema } {
  const tokens = tokenize(path)
  let printed = ''
  let schema = root
  let at = 0
  const next = (): string => {
    const token = tokens[at++]
    if (token === undefined) throw new FieldPathError('unexpected end of JSON path')
    return token
  }
  while (at < tokens.length) {
    const opening = next()
    if (opening !== '.' && opening !== '[') throw new FieldPathError(`expected [ or . but got: ${opening}`)
    if (opening === '[' && !brackets) throw new FieldPathError('array notation is not allowed')
    const name = opening === '.' ? next() : unquote(next())
    const step = stepInto(schema, name)
    printed += step.isKey ? `[${name}]` : `${printed === '' ? '' : '.'}${name}`
    schema = step.schema
    const closing = opening === '[' ? next() : ']'
    if (closing !== ']') throw new FieldPathError(`expected ] but got ${closing}`)
  }
  return { printed, schema }
}

function stepInto(schema: Schema, name: string): { readonly schema: Schema; readonly isKey: boolean } {
  const { properties, additionalProperties } = schema
  if (properties !== undefined) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (property === undefined) throw new FieldPathError(NO_FIELD)
    return { schema: property, isKey: false }
  }
  if (typeof additionalProperties !== 'object') throw new FieldPathError(NO_FIELD)
  return { schema: additionalProperties, isKey: true }
}

/** Dots, brackets, and the texts between them; quotes protect what they enclose. */
function tokenize(path: string): readonly string[] {
  return path.match(/[.[\]]|'(?:[^]*?[^\\])?'|[^.[\]]+/g) ?? []
}

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    throw new FieldPathError(`expected single quoted string but got ${token}`)
  }
  return token.slice(1, -1).replace(/\\./g, (escape) => {
    const meaning = UNESCAPES[escape.charAt(1)]
    if (meaning === undefined) throw new FieldPathError(`invalid string literal: invalid escape char ${escape}`)
    return meaning
  })
}
