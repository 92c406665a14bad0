import { describe, expect, test } from 'vitest'
import type { HeaderList } from '../../route/header-list.ts'
import { RoutedRequest } from '../routed-request.ts'
import { changedRequest } from './changed-request.ts'
import type { QueryChange } from './consent.ts'
import { type FieldChange, withFieldChanges } from './field-change.ts'

function requestOf(target: string, headers: HeaderList = ['x-user', 'ann']): RoutedRequest {
  const as = { method: 'GET', scheme: 'http', authority: 'cart', target, headers, version: 'HTTP/1.1' } as const
  return new RoutedRequest(as, { scheme: 'http', target, headers })
}

function changed(routed: RoutedRequest, request: readonly FieldChange[], queryChange?: QueryChange) {
  return changedRequest(routed, { kind: 'allowed', request, response: [], queryChange })
}

describe('headers', () => {
  test.each<[FieldChange, HeaderList, HeaderList]>([
    [{ op: 'set', name: 'a', value: '3' }, ['a', '1', 'b', '1', 'a', '2'], ['b', '1', 'a', '3']],
    [{ op: 'add', name: 'a', value: '2' }, ['a', '1'], ['a', '1', 'a', '2']],
    [{ op: 'append', name: 'a', value: '2' }, ['a', '1'], ['a', '1,2']],
    [{ op: 'append', name: 'a', value: '2' }, [], []],
    [{ op: 'add-if-absent', name: 'a', value: '2' }, ['a', '1'], ['a', '1']],
    [{ op: 'add-if-absent', name: 'a', value: '2' }, [], ['a', '2']],
    [{ op: 'set-if-present', name: 'a', value: '2' }, ['a', '1'], ['a', '2']],
    [{ op: 'set-if-present', name: 'a', value: '2' }, [], []],
    [{ op: 'remove', name: 'a' }, ['a', '1', 'b', '1'], ['b', '1']],
    [{ op: 'set', name: 'content-length', value: '0' }, ['content-length', '3'], ['content-length', '3']],
    [{ op: 'set', name: ':status', value: '500' }, [], []],
  ])('%j', (change, before, after) => {
    expect(withFieldChanges(before, [change])).toEqual(after)
  })
})

test('what changes nothing leaves the request as it is', () => {
  const routed = requestOf('/tea')
  expect(changed(routed, [])).toBe(routed)
})

test('the request’s own fields can be set, and not be taken away', () => {
  const next = changed(requestOf('/tea'), [
    { op: 'set', name: ':path', value: '/coffee?a=b' },
    { op: 'set', name: 'host', value: 'bar' },
    { op: 'set', name: ':method', value: 'POST' },
    { op: 'remove', name: ':path' },
    { op: 'remove', name: 'host' },
  ])
  expect(next).toMatchObject({ path: '/coffee', query: 'a=b', authority: 'bar', method: 'POST' })
  expect(next?.list).toEqual(['x-user', 'ann'])
})

test.each<[string, QueryChange, string]>([
  ['/tea', { set: [['user', 'ann']], removed: [] }, '/tea?user=ann'],
  ['/tea?b=1&a=2&b=3', { set: [['c', '4']], removed: [] }, '/tea?a=2&b=1&b=3&c=4'],
  ['/tea?b=1&b=3', { set: [['b', '4']], removed: [] }, '/tea?b=4'],
  ['/tea?token=x&a', { set: [], removed: ['token'] }, '/tea?a='],
  ['/tea?token=x', { set: [], removed: ['token'] }, '/tea'],
])('the query of %s with %j is that of %s', (target, change, expected) => {
  expect(changed(requestOf(target), [], change)?.target).toBe(expected)
})

describe('a request is not sent on', () => {
  test.each<[string, FieldChange]>([
    ['a name that is none', { op: 'set', name: 'x user', value: 'ann' }],
    ['a value that ends the line', { op: 'set', name: 'x-user', value: 'ann\r\nx-admin: yes' }],
    ['more than a head may have', { op: 'set', name: 'x-user', value: 'a'.repeat(61_440) }],
  ])('with %s', (_, change) => {
    expect(changed(requestOf('/tea'), [change])).toBeUndefined()
  })

  test('with more headers than it may have', () => {
    const names = Array.from({ length: 97 }, (_, index) => `x-${index}`)
    const added = names.map((name) => ({ op: 'add', name, value: '1' }) as const)
    expect(changed(requestOf('/tea'), added)).toBeUndefined()
    expect(changed(requestOf('/tea'), added.slice(2))).toBeDefined()
  })
})
