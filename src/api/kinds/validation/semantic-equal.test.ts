import { expect, test } from 'vitest'
import { printDifference } from './immutability.ts'
import { semanticEqual } from './semantic-equal.ts'

test.each<[string, unknown, unknown, boolean]>([
  ['absent and empty', { labels: {}, args: [], name: '' }, {}, true],
  ['false where it says nothing', { hostNetwork: false }, {}, true],
  ['false where it says something', { enableServiceLinks: false }, {}, false],
  ['zero where it says nothing', { ports: [{ hostPort: 0 }] }, { ports: [{}] }, true],
  ['zero where it says something', { activeDeadlineSeconds: 0 }, {}, false],
  ['an empty text that says something', { storageClassName: '' }, {}, false],
  ['order of fields', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ['order of items', [1, 2], [2, 1], false],
  ['a list and an object', { a: [1] }, { a: { 0: 1 } }, false],
  ['a list that goes on', [1], [1, 2], false],
  ['nothing but zeros', { metadata: { labels: {} } }, {}, true],
  ['an entry of a map', { labels: { a: '', b: 'c' } }, { labels: { b: 'c' } }, false],
  ['an entry of a selector', { selector: { a: '' } }, {}, false],
  ['a selector that is an object', { selector: { matchLabels: {} } }, {}, true],
  ['a selector of everything', { namespaceSelector: {} }, {}, false],
  ['null and absent', { a: null }, {}, true],
  ['what only the other has', {}, { name: 'web' }, false],
])('%s', (_, left, right, equal) => {
  expect(semanticEqual(left, right)).toBe(equal)
  expect(semanticEqual(right, left)).toBe(equal)
})

test('differences: one line each, before and after', () => {
  const before = { name: 'web', image: 'web:1', args: ['a'], hostNetwork: false }
  const after = { image: 'web:2', name: 'web', args: ['a', 'b'] }
  expect(printDifference(before, after)).toBe('- \timage: "web:1"\n+ \timage: "web:2"\n+ \targs[1]: "b"\n')
})
