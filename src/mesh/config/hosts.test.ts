import { describe, expect, test } from 'vitest'
import { compareSpecificity, hostsInNamespace, hostsOverlap, intersectHosts, isSubsetOf } from './hosts.ts'

describe('a wildcard', () => {
  test('covers every name with its ending, however deep, but not the bare domain', () => {
    expect(isSubsetOf('tea.shop.in', '*.shop.in')).toBe(true)
    expect(isSubsetOf('green.tea.shop.in', '*.shop.in')).toBe(true)
    expect(isSubsetOf('shop.in', '*.shop.in')).toBe(false)
  })

  test('covers a narrower wildcard and never the other way round', () => {
    expect(isSubsetOf('*.tea.in', '*.in')).toBe(true)
    expect(isSubsetOf('*.in', '*.tea.in')).toBe(false)
    expect(hostsOverlap('*.in', '*.tea.in')).toBe(true)
  })

  test('that is a star alone covers everything', () => {
    expect(isSubsetOf('*.in', '*')).toBe(true)
    expect(isSubsetOf('shop', '*')).toBe(true)
  })
})

test('two lists have in common the narrower of each overlapping pair, once', () => {
  expect(intersectHosts(['*.in', 'pay.com'], ['shop.in', '*.com', 'shop.in'])).toEqual(['shop.in', 'pay.com'])
  expect(intersectHosts(['shop.in'], ['pay.com'])).toEqual([])
})

test('a host with a namespace is only for that one', () => {
  expect(hostsInNamespace(['a/one.in', 'b/two.in', '*/three.in', 'four.in'], 'a')).toEqual([
    'one.in',
    'three.in',
    'four.in',
  ])
})

test('names come before wildcards, longer before shorter, then the alphabet decides', () => {
  const hosts = ['*', 'b.in', '*.tea.in', 'a.in', 'long.shop.in', '*.in']
  expect(hosts.toSorted(compareSpecificity)).toEqual(['long.shop.in', 'a.in', 'b.in', '*.tea.in', '*.in', '*'])
})
