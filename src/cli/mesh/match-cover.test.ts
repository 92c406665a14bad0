import { expect, test } from 'vitest'
import { covers } from './match-cover.ts'

test.each([
  [{}, { uri: { exact: '/x' } }],
  [{ uri: { prefix: '/' } }, { uri: { regex: '/a+' } }],
  [{ uri: { prefix: '/api' } }, { uri: { prefix: '/api/cart' }, method: { exact: 'GET' } }],
  [{ uri: { prefix: '/api' } }, { uri: { exact: '/apis' } }],
  [{ uri: { regex: '/a+' } }, { uri: { exact: '/aaa' } }],
  [{ uri: { prefix: '/API' }, ignoreUriCase: true }, { uri: { prefix: '/api/x' } }],
  [{ headers: { a: {} } }, { headers: { a: { exact: '1' }, b: {} } }],
  [{ withoutHeaders: { a: {} } }, { withoutHeaders: { a: {} }, uri: { exact: '/' } }],
])('%j takes all that %j asks for', (earlier, later) => {
  expect(covers(earlier, later)).toBe(true)
})

test.each([
  [{ uri: { exact: '/x' } }, {}],
  [{ uri: { prefix: '/api/' } }, { uri: { prefix: '/api' } }],
  [{ uri: { prefix: '/api' } }, { uri: { prefix: '/api' }, ignoreUriCase: true }],
  [{ uri: { prefix: '/api' }, method: { exact: 'GET' } }, { uri: { prefix: '/api/x' } }],
  [{ headers: { a: { exact: '1' } } }, { headers: { a: { prefix: '1' } } }],
  [{ withoutHeaders: { a: {} } }, { uri: { exact: '/' } }],
])('%j leaves some of %j', (earlier, later) => {
  expect(covers(earlier, later)).toBe(false)
})
