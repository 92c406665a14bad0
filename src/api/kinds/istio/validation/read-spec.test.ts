import { expect, test } from 'vitest'
import { asRead } from './read-spec.ts'

test('nulls and empty lists are left out of an object, as protobuf reads it', () => {
  expect(asRead({ from: [], to: null, when: [{ key: 'a', values: [] }], selector: {} })).toEqual({
    when: [{ key: 'a' }],
    selector: {},
  })
})

test('an object without them stays the very same', () => {
  const object = { spec: { hosts: ['a'], http: [{ match: [{ uri: { prefix: '/' } }] }] } }
  expect(asRead(object)).toBe(object)
})
