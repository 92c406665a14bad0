import { expect, test } from 'vitest'
import { parseFieldSelector } from './fields.ts'

const pod: Record<string, string> = { 'status.phase': 'Running', 'spec.nodeName': '' }
const read = (field: string): string => pod[field] ?? ''

test.each([
  { selector: 'status.phase=Running', matches: true },
  { selector: 'status.phase==Running,spec.nodeName=', matches: true },
  { selector: 'spec.nodeName!=', matches: false },
  { selector: '', matches: true },
])('$selector: $matches', ({ selector, matches }) => {
  expect(parseFieldSelector(selector).matches(read)).toBe(matches)
})

test('values are escaped in text and plain in requirements', () => {
  const selector = parseFieldSelector(String.raw`metadata.name=a\,b\=c\\d`)
  expect(selector.requirements).toEqual([{ field: 'metadata.name', operator: '=', value: String.raw`a,b=c\d` }])
  expect(String(selector)).toBe(String.raw`metadata.name=a\,b\=c\\d`)
  expect(selector.exactValueOf('metadata.name')).toBe(String.raw`a,b=c\d`)
})

test.each([
  { selector: 'status.phase', message: "invalid selector: 'status.phase'; can't understand 'status.phase'" },
  { selector: 'a=b=c', message: 'invalid field selector: unescaped character in value: 61' },
  { selector: String.raw`a=\x`, message: String.raw`invalid field selector: invalid escape sequence: \x` },
])('$selector is refused in the server words', ({ selector, message }) => {
  expect(() => parseFieldSelector(selector)).toThrow(message)
})
