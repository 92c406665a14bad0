import fc from 'fast-check'
import type { Schema } from '../../src/api/schema/schema.ts'

/**
 * Values of any shape that a schema has room for. Rules in CEL, and such combinations of `oneOf` as are not about which
 * fields are there, are left to whoever draws: they throw away what does not fit.
 */
export function valueOf(schema: Schema, texts: Texts, field = ''): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema['x-kubernetes-int-or-string'] === true) return fc.oneof(fc.integer(), fc.constantFrom('1', '10%', 'web'))
  switch (schema.type) {
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return integerOf(schema)
    case 'number':
      return fc.oneof(fc.constantFrom(0, 0.1, 50, 100), fc.double({ noNaN: true, noDefaultInfinity: true }))
    case 'string':
      return texts(field, schema)
    case 'array':
      return fc.array(valueOf(schema.items ?? {}, texts, field), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 3)),
      })
    case 'object':
      return objectOf(schema, texts, field)
    default:
      return fc.constantFrom('anything', 1, true)
  }
}

/** Texts for a field, by its name and its schema. */
export type Texts = (field: string, schema: Schema) => fc.Arbitrary<string>

const FEW = [0, 1, 2, 80, 443, 8080]

function integerOf({ minimum = -2, maximum = 2 ** 31 - 1 }: Schema): fc.Arbitrary<number> {
  const usual = FEW.filter((number) => number >= minimum && number <= maximum)
  const any = fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) })
  return usual.length === 0 ? any : fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 3 }, any)
}

function objectOf(schema: Schema, texts: Texts, field: string): fc.Arbitrary<unknown> {
  const { properties, additionalProperties, required = [] } = schema
  if (properties === undefined) {
    if (typeof additionalProperties !== 'object') return fc.constant({})
    return fc.dictionary(texts(`${field} key`, {}), valueOf(additionalProperties, texts, field), { maxKeys: 2 })
  }
  const fields = Object.entries(properties).map(([name, property]) => {
    const value = fc.constant(undefined).chain(() => valueOf(property, texts, name))
    return [name, required.includes(name) ? value : fc.option(value, { nil: undefined, freq: 2 })] as const
  })
  const whole = fc.record(Object.fromEntries(fields)).map(withoutAbsent)
  const choices = choicesOf(schema)
  if (choices.length === 0) return whole
  return fc
    .tuple(whole, fc.nat())
    .map(([object, draw]) => choices.reduce((left, choice) => settled(left, choice, draw), object))
}

type Fields = Readonly<Record<string, unknown>>

function withoutAbsent(object: Fields): Fields {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

/** Of which fields an object may have only one: the words of `oneOf`. */
function choicesOf({ oneOf, anyOf, allOf = [] }: Schema): readonly (readonly string[])[] {
  const alternatives = (oneOf ?? anyOf ?? []).flatMap(({ required = [] }) => required)
  return [...(alternatives.length < 2 ? [] : [alternatives]), ...allOf.flatMap(choicesOf)]
}

function settled(object: Fields, choice: readonly string[], draw: number): Fields {
  const present = choice.filter((name) => name in object)
  const kept = present[draw % Math.max(1, present.length)]
  return Object.fromEntries(Object.entries(object).filter(([name]) => name === kept || !choice.includes(name)))
}
