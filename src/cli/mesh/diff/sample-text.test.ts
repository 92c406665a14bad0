import { expect, test } from 'vitest'
import { textMatch } from '../../../mesh/route/text-match.ts'
import { sampleOf } from './sample-text.ts'

test.each([
  '/users(/.*)?',
  '(GET|OPTIONS)',
  'bengaluru|chennai|hyderabad',
  '^/v[0-9]+/items/[a-z-]+$',
  '/[^/]+/x',
  String.raw`\d{3}`,
  String.raw`.*\.css`,
  'a+b*c?',
  '(?i:tea)|coffee',
  '(?:ab){2}[x-z]{3}',
  '[^a-z/]+',
])('an expression has an example that it matches: %s', (regex) => {
  const sample = sampleOf({ regex })
  expect(sample).toBeDefined()
  expect(textMatch({ regex })(sample)).toBe(true)
})

test('one that nothing matches has none', () => {
  expect(sampleOf({ regex: 'a^b' })).toBeUndefined()
  expect(sampleOf({ regex: '(' })).toBeUndefined()
})
