import { expect, test } from 'vitest'
import { ownField, setOwnField } from './own-field.ts'

test.each(['constructor', 'toString', '__proto__'])('an empty object has no field %s', (name) => {
  expect(ownField({}, name)).toBeUndefined()
  expect(ownField(undefined, name)).toBeUndefined()
})

test.each(['constructor', '__proto__', 'plain'])(
  'a field %s that is set is one of the object, and is printed',
  (name) => {
    const draft: Record<string, unknown> = {}
    setOwnField(draft, name, true)
    expect(ownField(draft, name)).toBe(true)
    expect(JSON.stringify(draft)).toBe(`{"${name}":true}`)
  },
)
