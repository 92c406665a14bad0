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
  return structOf(definition, { depth: DEPTH_MAX, asWritten: false })
}

/** The same as a user writes them: zeros, empty lists, fractions of a core, times anywhere on earth. */
export function writtenObjects(definition: string): fc.Arbitrary<Record<string, unknown>> {
  return structOf(definition, { depth: DEPTH_MAX, asWritten: true })
}

interface Options {
  readonly depth: number
  readonly asWritten: boolean
}

function structOf(definition: string, options: Options): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  const always: string[] = []
  for (const [name, field, owner] of jsonFields(definition)) {
    const value = fieldOf(owner, field, options)
    if (value === undefined) continue
    model[name] = value
    if (isShown(owner, field) && !options.asWritten) always.push(name)
  }
  return fc.record(model, { requiredKeys: always })
}

function isShown(owner: string, field: FieldFacts): boolean {
  const refers = referredDefinition(owner, field)
  if (field.zero !== 'shown' || field.shape !== undefined) return false
  return refers === undefined || [INT_OR_STRING, QUANTITY].includes(refers) || builtinFacts(refers) !== undefined
}

function fieldOf(owner: string, field: FieldFacts, options: Options): fc.Arbitrary<unknown> | undefined {
  const { asWritten, depth } = options
  const refers = referredDefinition(owner, field)
  const isStruct = refers !== undefined && builtinFacts(refers) !== undefined
  if (isStruct && depth <= 0 && (asWritten || !isShown(owner, field))) return undefined
  const single = refers === undefined ? SCALARS[field.type] : valueOf(refers, options)
  if (single === undefined) throw new Error(`no values for ${field.type}`)
  // Protobuf does not tell an empty list from none; JSON does where Go has no omitempty.
  const fewest = asWritten && field.zero !== 'shown' ? 0 : 1
  if (field.shape === 'list') return fc.array(single, { minLength: fewest, maxLength: 2 })
  if (field.shape === 'map') return fc.dictionary(fc.string({ maxLength: 4 }), single, { minKeys: fewest, maxKeys: 2 })
  if (asWritten) return single
  const isPort = refers === INT_OR_STRING && field.zero === 'shown' && field.required !== true
  const drops = isPort || (field.zero ?? 'absent') === 'absent'
  return drops ? single.filter((value) => value !== '' && value !== 0 && value !== false) : single
}

function valueOf(definition: string, { asWritten, depth }: Options): fc.Arbitrary<unknown> {
  const written = asWritten ? WRITTEN[definition] : undefined
  return written ?? VALUES[definition] ?? structOf(definition, { asWritten, depth: depth - 1 })
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

const WRITTEN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  [MICRO_TIME]: fc.constantFrom('2026-07-01T05:30:00+05:30', '2026-07-01T00:00:00.5Z', '2026-07-01T00:00:00.1234567Z'),
  [QUANTITY]: fc.constantFrom('0.5', '1024Mi', 2, 0.25, '1000m', '0'),
  [TIME]: fc.constantFrom('2026-07-01T05:30:00+05:30', '2026-07-01T00:00:00.9Z', '2026-07-01T00:00:00Z'),
}
