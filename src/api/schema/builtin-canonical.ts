import { quantityOfJson } from '../quantity-parse.ts'
import { printQuantity } from '../quantity.ts'
import { builtinFacts, jsonFields, referredDefinition } from './builtin-table.ts'
import type { FieldFacts } from './facts.ts'
import { INT_OR_STRING, MICRO_TIME, QUANTITY, TIME } from './special.ts'

/**
 * An object of the built-in API as upstream would give it back: it holds objects as Go structs, so a quantity is written
 * in its canonical form, an empty list and a zero that mean nothing are gone, and a struct is there even when it is empty.
 *
 *     cpu: 0.5                → cpu: 500m
 *     command: [], tty: false → nothing
 *     nothing                 → resources: {}, status: {}
 *
 * Go prints null for a list or a time that must be there and is not; here these are left out. What is canonical already
 * is returned as it is. The object is of the right types: it has been decoded.
 */
export function canonicalObject<T extends object>(definition: string, object: T): T {
  return canonicalStruct(structOf(definition), object as Fields) as T
}

type Fields = Readonly<Record<string, unknown>>

interface Field {
  readonly name: string
  readonly shape: 'list' | 'map' | 'single'
  /** Go's zero value is left out: of a single value its zero, of a list or a map the empty one. */
  readonly dropsZero: boolean
  /** What is there when nothing was said. */
  zero(): unknown
  /** Of a single value, an item or an entry. */
  canonical(value: unknown): unknown
}

/** What is derived from the table is the same for everyone in this process, so it is derived once. */
const structs = new Map<string, readonly Field[]>()

function structOf(definition: string): readonly Field[] {
  const known = structs.get(definition)
  if (known !== undefined) return known
  const fields = [...jsonFields(definition)].map(([name, field, owner]) => fieldOf(name, owner, field))
  structs.set(definition, fields)
  return fields
}

function fieldOf(name: string, owner: string, facts: FieldFacts): Field {
  const definition = referredDefinition(owner, facts)
  const isStruct = definition !== undefined && builtinFacts(definition) !== undefined
  const shape = facts.shape ?? 'single'
  const zero = facts.zero ?? 'absent'
  // A port that was not named is no port: zero says nothing that defaults could not say better.
  const meansNothing = definition === INT_OR_STRING && facts.required !== true && zero === 'shown'
  const isShown = zero === 'shown' && shape === 'single' && !meansNothing
  let zeroStruct: unknown
  return {
    name,
    shape,
    dropsZero: (zero === 'absent' && !(isStruct && shape === 'single')) || meansNothing,
    zero() {
      if (!isShown) return undefined
      if (!isStruct) return definition === undefined ? ZEROS[facts.type] : ZEROS[definition]
      return (zeroStruct ??= canonicalStruct(structOf(definition), {}))
    },
    canonical: isStruct
      ? (value) => canonicalStruct(structOf(definition), value as Fields)
      : (VALUES[definition ?? facts.type] ?? asItIs),
  }
}

const ZEROS: Readonly<Record<string, unknown>> = {
  bool: false,
  double: 0,
  int32: 0,
  int64: 0,
  string: '',
  [INT_OR_STRING]: 0,
  [QUANTITY]: '0',
}

const VALUES: Readonly<Record<string, (value: unknown) => unknown>> = {
  bytes: canonicalBytes,
  [MICRO_TIME]: (value) => canonicalTime(value, 6),
  [QUANTITY]: (value) => printQuantity(quantityOfJson(value)),
  [TIME]: (value) => canonicalTime(value, 0),
}

function asItIs(value: unknown): unknown {
  return value
}

/** Go skips line breaks in base64. */
function canonicalBytes(value: unknown): unknown {
  return typeof value === 'string' && /[\r\n]/.test(value) ? value.replaceAll(/[\r\n]/g, '') : value
}

/** In UTC, with so many digits of a second. */
function canonicalTime(value: unknown, digits: 0 | 6): unknown {
  if (typeof value !== 'string' || value === '') return undefined
  const [fraction = ''] = /(?<=\.)\d+/.exec(value) ?? []
  if (value.endsWith('Z') && fraction.length === digits) return value
  const seconds = new Date(Date.parse(value.replace(/\.\d+/, ''))).toISOString().slice(0, 19)
  return digits === 0 ? `${seconds}Z` : `${seconds}.${fraction.slice(0, digits).padEnd(digits, '0')}Z`
}

function canonicalStruct(fields: readonly Field[], object: Fields): Fields {
  let copy: Record<string, unknown> | undefined
  for (const field of fields) {
    const { name } = field
    const value = object[name]
    const canonical = canonicalField(field, value)
    if (canonical === value && (value !== undefined || !(name in object))) continue
    copy ??= { ...object }
    if (canonical === undefined) delete copy[name]
    else copy[name] = canonical
  }
  return copy ?? object
}

function canonicalField(field: Field, value: unknown): unknown {
  if (value === undefined || value === null) return field.zero()
  const canonical =
    field.shape === 'list'
      ? canonicalList(field, value as readonly unknown[])
      : field.shape === 'map'
        ? canonicalMap(field, value as Fields)
        : field.canonical(value)
  return field.dropsZero && isZero(canonical, field) ? undefined : canonical
}

function isZero(value: unknown, { shape }: Field): boolean {
  if (shape === 'list') return (value as readonly unknown[]).length === 0
  if (shape === 'map') return Object.keys(value as object).length === 0
  return value === '' || value === 0 || value === false
}

function canonicalList(field: Field, list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (const [index, item] of list.entries()) {
    const canonical = field.canonical(item)
    if (canonical === item) continue
    copy ??= [...list]
    copy[index] = canonical
  }
  return copy ?? list
}

function canonicalMap(field: Field, map: Fields): Fields {
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(map)) {
    const canonical = field.canonical(map[key])
    if (canonical === map[key]) continue
    copy ??= { ...map }
    copy[key] = canonical
  }
  return copy ?? map
}
