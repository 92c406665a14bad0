import { describe, expect, test } from 'vitest'
import { applyDefaults, dropNulls } from './defaults.ts'
import { coerceMetadata, CoerceError } from './embedded.ts'
import { validateListTypes } from './list-types.ts'
import { pruneUnknown } from './prune.ts'
import type { Schema } from './schema.ts'

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        known: { type: 'string' },
        open: { 'x-kubernetes-preserve-unknown-fields': true, properties: { closed: { type: 'object' } } },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'integer' } } } },
      },
    },
  },
}

describe('pruneUnknown', () => {
  test('unknown fields go and are named', () => {
    const open = { any: 1, closed: { gone: 1 } }
    const value = { apiVersion: 'a/v1', kind: 'A', metadata: { x: 1 }, spec: { known: 'a', foo: 1, open }, bar: 2 }
    const { value: pruned, unknownFields } = pruneUnknown(value, SCHEMA, { isRoot: true })
    expect(pruned).toEqual({
      apiVersion: 'a/v1',
      kind: 'A',
      metadata: { x: 1 },
      spec: { known: 'a', open: { any: 1, closed: {} } },
    })
    expect(unknownFields).toEqual(['bar', 'spec.foo', 'spec.open.closed.gone'])
  })

  test('what is known comes back as it came', () => {
    const value = { spec: { known: 'a', map: { x: { a: 1 } } } }
    expect(pruneUnknown(value, SCHEMA, { isRoot: true })).toEqual({ value, unknownFields: [] })
    expect(pruneUnknown(value, SCHEMA, { isRoot: true }).value).toBe(value)
  })
})

describe('applyDefaults', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      a: { type: 'object', default: {}, properties: { b: { type: 'integer', default: 1 } } },
      list: { type: 'array', items: { type: 'object', properties: { c: { type: 'string', default: 'x' } } } },
      n: { type: 'string', nullable: true, default: 'n' },
      m: { type: 'string', default: 'm' },
    },
  }

  test('fills in what is missing, at any depth', () => {
    expect(applyDefaults({ list: [{}, { c: 'y' }], n: null, m: null }, schema)).toEqual({
      a: { b: 1 },
      list: [{ c: 'x' }, { c: 'y' }],
      n: null,
      m: 'm',
    })
  })

  test('what is complete comes back as it came', () => {
    const value = { a: { b: 2 }, list: [{ c: 'y' }], n: 'n', m: 'm' }
    expect(applyDefaults(value, schema)).toBe(value)
  })

  test('nulls go where they may not be and nothing takes their place', () => {
    const value = { x: null, n: null, m: null, free: null }
    const nullable: Schema = { ...schema, properties: { ...schema.properties, x: { type: 'string' } } }
    expect(dropNulls(value, nullable)).toEqual({ n: null, m: null, free: null })
  })
})

describe('coerceMetadata', () => {
  test('metadata gets the form of typed objects', () => {
    const value = { metadata: { name: 'a', labels: { x: 'y' }, foo: 1, creationTimestamp: null } }
    const { value: coerced, unknownFields } = coerceMetadata(value, SCHEMA, { isRoot: true, dropInvalid: false })
    expect(coerced).toEqual({ metadata: { name: 'a', labels: { x: 'y' } } })
    expect(unknownFields).toEqual(['metadata.foo'])
  })

  test('what cannot be read is refused, or dropped from objects that are stored already', () => {
    const value = { metadata: { name: 'a', labels: { x: 1 } } }
    expect(() => coerceMetadata(value, SCHEMA, { isRoot: true, dropInvalid: false })).toThrow(CoerceError)
    const { value: coerced } = coerceMetadata(value, SCHEMA, { isRoot: true, dropInvalid: true })
    expect(coerced).toEqual({ metadata: { name: 'a' } })
  })
})

describe('validateListTypes', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      map: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['a', 'b'],
        items: { type: 'object' },
      },
    },
  }
  const problems = (value: unknown): readonly string[] =>
    [...validateListTypes(value, schema)].map(({ field, message }) => `${field}: ${message}`)

  test('what stands twice is reported once', () => {
    expect(problems({ set: ['x', 'y', 'x', 'x'] })).toEqual(['set[2]: Duplicate value: "x"'])
    expect(problems({ map: [{ a: 1, b: 2 }, { b: 2, a: 1, c: 3 }, { a: 1 }] })).toEqual([
      'map[1]: Duplicate value: {"a":1,"b":2}',
    ])
    expect(problems({ map: [{ a: 1 }, 'x'] })).toEqual([
      'map[1]: Invalid value: "x": must be an object for an array of list-type map',
    ])
  })
})
