import { describe, expect, test } from 'vitest'
import type { Schema } from './schema.ts'
import { validateStructural } from './structural.ts'

function problems(schema: Schema): readonly string[] {
  return validateStructural(schema, 'schema').map(({ field, message }) => `${field}: ${message}`)
}

describe('validateStructural', () => {
  test('a structural schema', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string', pattern: '^a' } } },
        port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
        list: { type: 'array', items: { type: 'string' } },
        any: { 'x-kubernetes-preserve-unknown-fields': true },
      },
      allOf: [{ properties: { list: { items: { minLength: 1 } } } }],
    }
    expect(problems(schema)).toEqual([])
  })

  test.each<[string, Schema, string]>([
    ['a type', { properties: {} }, 'schema.type: Required value: must not be empty at the root'],
    [
      'a type at the root',
      { type: 'array', items: { type: 'string' } },
      'schema.type: Invalid value: "array": must be object at the root',
    ],
    [
      'items',
      { type: 'object', properties: { a: { type: 'array' } } },
      'schema.properties[a].items: Required value: must be specified',
    ],
    [
      'structure within alternatives',
      { type: 'object', anyOf: [{ type: 'object' }] },
      'schema.anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'something undeclared',
      { type: 'object', not: { properties: { a: { minimum: 1 } } } },
      'schema.properties[a]: Required value: because it is defined in schema.not.properties[a]',
    ],
    [
      'too much about metadata',
      { type: 'object', properties: { metadata: { type: 'object', properties: { labels: {} } } } },
      'schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
    [
      'a pattern',
      { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
      'schema.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
    ],
    [
      'fields of an embedded resource',
      { type: 'object', properties: { a: { type: 'object', 'x-kubernetes-embedded-resource': true } } },
      'schema.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    ],
  ])('wants %s', (_name, schema, problem) => {
    expect(problems(schema)).toContain(problem)
  })

  test('a node that is wrong is found wherever it is shared', () => {
    const shared: Schema = { type: 'array' }
    expect(problems({ type: 'object', properties: { a: shared, b: shared } })).toHaveLength(2)
    expect(problems({ type: 'object', properties: { c: shared } })).toHaveLength(1)
  })
})
