import { describe, expect, test } from 'vitest'
import { Correlation } from '../correlation.ts'
import type { Schema } from '../schema.ts'
import { validateValue, type ValidateOptions } from './validate-value.ts'

function problems(value: unknown, schema: Schema, options?: ValidateOptions): readonly string[] {
  return validateValue(value, schema, options).map(({ field, message }) => `${field}: ${message}`)
}

function field(schema: Schema): Schema {
  return { type: 'object', properties: { f: schema } }
}

describe('validateValue', () => {
  test.each<[string, Schema, unknown, string]>([
    ['type', { type: 'integer' }, 'x', 'Invalid value: "string": f in body must be of type integer: "string"'],
    ['null', { type: 'string' }, null, 'Invalid value: "null": f in body must be of type string: "null"'],
    ['maximum', { type: 'integer', maximum: 3 }, 4, 'Invalid value: 4: f in body should be less than or equal to 3'],
    [
      'exclusive minimum',
      { type: 'number', minimum: 0, exclusiveMinimum: true },
      0,
      'Invalid value: 0: f in body should be greater than 0',
    ],
    ['multiple', { type: 'integer', multipleOf: 5 }, 7, 'Invalid value: 7: f in body should be a multiple of 5'],
    ['length', { type: 'string', maxLength: 1 }, '👑ab', 'Too long: may not be more than 1 bytes'],
    [
      'shortness',
      { type: 'string', minLength: 2 },
      '👑',
      'Invalid value: "👑": f in body should be at least 2 chars long',
    ],
    ['pattern', { type: 'string', pattern: '^a+$' }, 'b', `Invalid value: "b": f in body should match '^a+$'`],
    ['format', { type: 'string', format: 'ipv4' }, 'x', 'Invalid value: "x": f in body must be of type ipv4: "x"'],
    ['enum', { type: 'string', enum: ['a', 'b'] }, 'c', 'Unsupported value: "c": supported values: "a", "b"'],
    ['items', { type: 'array', maxItems: 1 }, [1, 2], 'Too many: 2: must have at most 1 items'],
    ['few items', { type: 'array', minItems: 1 }, [], 'Invalid value: 0: f in body should have at least 1 items'],
    [
      'few properties',
      { type: 'object', minProperties: 1 },
      {},
      'Invalid value: 0: f in body should have at least 1 properties',
    ],
    [
      'forbidden property',
      { type: 'object', additionalProperties: false },
      { a: 1 },
      'Invalid value: "a": f.a in body is a forbidden property',
    ],
  ])('%s', (_name, schema, value, message) => {
    expect(problems({ f: value }, field(schema))).toEqual([`f: ${message}`])
  })

  test.each<[string, Schema, unknown]>([
    ['whole numbers are numbers', { type: 'number' }, 1],
    ['null where it may be', { type: 'string', nullable: true }, null],
    ['a number or a text', { 'x-kubernetes-int-or-string': true }, '50%'],
    ['unknown formats say nothing', { type: 'string', format: 'no-such-format' }, 'x'],
    ['fields that are not declared', { type: 'object' }, { anything: 1 }],
    ['a length in characters', { type: 'string', maxLength: 1 }, '👑'],
    ['multiples that doubles cannot hold exactly', { type: 'number', multipleOf: 0.1 }, 0.3],
    ['an enum of other things than text', { enum: [{ a: [1] }, 2] }, { a: [1] }],
  ])('%s', (_name, schema, value) => {
    expect(problems({ f: value }, field(schema))).toEqual([])
  })

  test('required fields are named by their whole path, once', () => {
    const schema: Schema = { type: 'object', required: ['a'], allOf: [{ required: ['a'] }] }
    expect(
      problems({ list: [{}] }, { type: 'object', properties: { list: { type: 'array', items: schema } } }),
    ).toEqual([
      'list[0].a: Required value',
      '<nil>: Invalid value: "": "list[0]" must validate all the schemas (allOf). None validated',
    ])
  })

  test('values of maps, and values below a path', () => {
    const schema: Schema = { type: 'object', additionalProperties: { type: 'integer' } }
    expect(problems({ a: 'x' }, schema)).toEqual([
      'a: Invalid value: "string": .a in body must be of type integer: "string"',
    ])
    expect(problems({ a: 'x' }, schema, { path: 'status' })).toEqual([
      'status.a: Invalid value: "string": .a in body must be of type integer: "string"',
    ])
  })

  describe('alternatives', () => {
    const oneOf: Schema = { oneOf: [{ required: ['a'] }, { required: ['b'] }] }

    test('exactly one', () => {
      expect(problems({ a: 1 }, oneOf)).toEqual([])
      expect(problems({ a: 1, b: 1 }, oneOf)).toEqual([
        '<nil>: Invalid value: "": "" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ])
      expect(problems({}, oneOf)).toEqual([
        '<nil>: Invalid value: "": "" must validate one and only one schema (oneOf). Found none valid',
        'a: Required value',
      ])
    })

    test('the errors of the alternative that fits best explain', () => {
      const schema = field({
        anyOf: [{ type: 'integer' }, { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
      })
      expect(problems({ f: { b: 1 } }, schema)).toEqual([
        '<nil>: Invalid value: "": "f" must validate at least one schema (anyOf)',
        'f.a: Required value',
      ])
    })

    test('none', () => {
      expect(problems({ f: 1 }, field({ not: { enum: [1] } }))).toEqual([
        '<nil>: Invalid value: "": "f" must not validate the schema (not)',
      ])
    })
  })

  describe('on an update', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'integer' } } },
        list: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer', minimum: 1 } } },
        },
      },
    }

    test('what was wrong before and did not change is excused', () => {
      const old = { spec: { a: 'x', b: 1 } }
      expect(problems({ spec: { a: 'x', b: 2 } }, schema, { before: { old } })).toEqual([])
      expect(problems({ spec: { a: 'y', b: 1 } }, schema, { before: { old } })).toHaveLength(1)
    })

    test('items are found by their keys, wherever they stand', () => {
      const before = { old: { list: [{ name: 'a', size: 0 }] } }
      const list = [
        { name: 'b', size: 0 },
        { name: 'a', size: 0 },
      ]
      expect(problems({ list }, schema, { before })).toEqual([
        'list[0].size: Invalid value: 0: list[0].size in body should be greater than or equal to 1',
      ])
    })

    test('alternatives are judged without regard to the past', () => {
      const integer: Schema = { type: 'integer' }
      const properties = { a: integer, b: integer }
      const alternatives = field({ type: 'object', properties, anyOf: [{ properties: { a: { minimum: 1 } } }] })
      const old = { f: { a: 0, b: 1 } }
      expect(problems({ f: { a: 0, b: 2 } }, alternatives, { before: { old } })).toHaveLength(2)
      expect(problems({ f: { a: 0, b: 1 }, g: 1 }, alternatives, { before: { old } })).toEqual([])
    })

    test('the version of an object is never excused', () => {
      const typed: Schema = { type: 'object', properties: { kind: { type: 'string', enum: ['A'] } } }
      const value = { kind: 'B', x: 1 }
      const correlation = new Correlation(value, { kind: 'B' }, typed)
      expect(problems(value, typed, { before: { old: { kind: 'B' }, correlation } })).toHaveLength(1)
    })
  })
})
