import { compareText } from '../../base/compare-text.ts'
import { formatFloat } from '../../base/go-numbers.ts'
import { type Dictionary, type List, type Struct, typeName, type Value } from './values.ts'

/** What a template shows for a value that is not there. */
export const NO_VALUE = '<no value>'

/** A value as `{{ value }}` shows it. */
export function printTop(value: Value): string {
  return value === undefined ? NO_VALUE : printPlain(value)
}

/** A value as Go's fmt prints it with `%v`. */
export function printPlain(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>'
    case 'string':
      return value
    case 'number':
      return formatFloat(value, 'g', -1)
    case 'boolean':
    case 'bigint':
      return String(value)
    default:
      break
  }
  if (value.kind === 'uint') return String(value.value)
  return value.print === undefined ? printContents(value) : value.print()
}

/** Values one after the other; a space between two of which neither is text (fmt.Sprint). */
export function printAll(values: readonly Value[]): string {
  let text = ''
  values.forEach((value, index) => {
    const before = values[index - 1]
    if (index > 0 && typeof value !== 'string' && typeof before !== 'string') text += ' '
    text += printPlain(value)
  })
  return text
}

/** Entries of a map in the order in which Go prints and ranges over them. */
export function sortedEntries(map: Dictionary): readonly (readonly [string, Value])[] {
  return [...map.entries].sort(([left], [right]) => compareText(left, right))
}

/** A value as Go's encoding/json writes it: maps sorted, structs in their order, `<`, `>` and `&` escaped. */
export function printJson(value: Value): string {
  if (value === undefined) return 'null'
  if (typeof value === 'string') return quoteJson(value)
  if (typeof value === 'number') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (value.kind === 'uint') return String(value.value)
  if (value.json !== undefined) return value.json()
  if (value.kind === 'list') return `[${value.items.map(printJson).join(',')}]`
  if (value.kind === 'map') {
    if (value.isNil === true) return 'null'
    return `{${sortedEntries(value)
      .map(([key, item]) => `${quoteJson(key)}:${printJson(item)}`)
      .join(',')}}`
  }
  const { jsonNames = {} } = value
  return `{${Object.entries(value.fields)
    .map(([name, item]) => `${quoteJson(jsonNames[name] ?? name)}:${printJson(item)}`)
    .join(',')}}`
}

function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${hex(character, 4)}`)
}

function hex(character: string, width: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(width, '0')
}

function printContents(value: Struct | List | Dictionary): string {
  if (value.kind === 'list') return `[${value.items.map(printPlain).join(' ')}]`
  if (value.kind === 'map') {
    return `map[${sortedEntries(value)
      .map(([key, item]) => `${key}:${printPlain(item)}`)
      .join(' ')}]`
  }
  return `{${Object.values(value.fields).map(printPlain).join(' ')}}`
}

/** `type=value`, as fmt shows an argument that it cannot format. */
export function printTyped(value: Value): string {
  return value === undefined ? '<nil>' : `${typeName(value)}=${printPlain(value)}`
}
