import fc from 'fast-check'
import { builtinFacts, jsonFields, referredDefinition } from '../../src/api/schema/builtin-table.ts'
import type { FieldFacts } from '../../src/api/schema/facts.ts'
import {
  FIELDS_V1,
  INT_OR_STRING,
  JSON_SCHEMA_OR_ARRAY,
  JSON_SCHEMA_OR_BOOL,
  JSON_SCHEMA_OR_STRINGS,
  JSON_VALUE,
  MICRO_TIME,
  QUANTITY,
  RAW_EXTENSION,
  TIME,
} from '../../src/api/schema/special.ts'

const DEPTH_MAX = 6

/**
 * Random objects of a definition of the built-in API, as upstream's JSON has them: no zero where it is left out, and a
 * struct wherever Go has no pointer. They have the right types and no sense: validation would refuse most of them.
 */
export function builtinObjects(definition: string): fc.Arbitrary<Record<string, unknown>> {
  return structOf(definition, DEPTH_MAX)
}

function structOf(definition: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  const always: string[] = []
  for (const [name, field, owner] of jsonFields(definition)) {
    const value = fieldOf(owner, field, depth)
    if (value === undefined) continue
    model[name] = value
    if (isShown(owner, field)) always.push(name)
  }
  return fc.record(model, { requiredKeys: always })
}

function isShown(owner: string, field: FieldFacts): boolean {
  const refers = referredDefinition(owner, field)
  if (field.zero !== 'shown' || field.shape !== undefined) return false
  return refers === undefined || [INT_OR_STRING, QUANTITY].includes(refers) || builtinFacts(refers) !== undefined
}

function fieldOf(owner: string, field: FieldFacts, depth: number): fc.Arbitrary<unknown> | undefined {
  const refers = referredDefinition(owner, field)
  const isStruct = refers !== undefined && builtinFacts(refers) !== undefined
  if (isStruct && depth <= 0 && !isShown(owner, field)) return undefined
  const single = refers === undefined ? SCALARS[field.type] : (VALUES[refers] ?? structOf(refers, depth - 1))
  if (single === undefined) throw new Error(`no values for ${field.type}`)
  if (field.shape === 'list') return fc.array(single, { minLength: 1, maxLength: 2 })
  if (field.shape === 'map') return fc.dictionary(fc.string({ maxLength: 4 }), single, { minKeys: 1, maxKeys: 2 })
  const drops = (field.zero ?? 'absent') === 'absent'
  return drops ? single.filter((value) => value !== '' && value !== 0 && value !== false) : single
}

const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const seconds = fc.integer({ min: -62_135_596_799, max: 253_402_300_799 })
// JSON has no -0.
const json = fc
  .json({ maxDepth: 1 })
  .map((value): unknown => JSON.parse(value))
  .filter((value) => value !== null && !Object.is(value, -0))
const object = fc.dictionary(text, fc.integer(), { minKeys: 1, maxKeys: 2 })

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  double: fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  string: text,
  strings: fc.array(text, { maxLength: 3 }),
}

const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  [FIELDS_V1]: object,
  [INT_OR_STRING]: fc.oneof(fc.integer(), text),
  [JSON_SCHEMA_OR_ARRAY]: fc.constantFrom({ type: 'string' }, [{ type: 'integer' }, { nullable: true }]),
  [JSON_SCHEMA_OR_BOOL]: fc.constantFrom(true, false, { type: 'string' }),
  [JSON_SCHEMA_OR_STRINGS]: fc.constantFrom({ type: 'string' }, ['a', 'b']),
  [JSON_VALUE]: json,
  [MICRO_TIME]: fc.tuple(seconds, fc.nat(999_999)).map(([at, micros]) => {
    return new Date(at * 1000).toISOString().replace(/\.000Z$/, `.${String(micros).padStart(6, '0')}Z`)
  }),
  [QUANTITY]: fc.constantFrom('500m', '1Gi', '3', '1e3', '-2'),
  [RAW_EXTENSION]: object,
  [TIME]: seconds.map((at) => new Date(at * 1000).toISOString().replace('.000Z', 'Z')),
}
