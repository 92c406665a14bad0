import { describe, expect, test } from 'vitest'
import { literalLength, matchesGlob } from './glob.ts'

describe('matchesGlob', () => {
  test.each([
    ['*', '', true],
    ['*', 'registry.example.in:5000/bazaar/cart:v2', true],
    ['*/cart:*', 'registry.example.in/bazaar/cart:v2', true],
    ['*/cart:*', 'bazaar/cart-worker:v2', false],
    ['cart:v?', 'cart:v2', true],
    ['cart:v?', 'cart:v', false],
    ['cart:v?', 'cart:v12', false],
    ['mongo:*', 'library/mongo:6', false],
    ['a*b*c', 'aXbXbXc', true],
    ['a*b*c', 'aXbXbX', false],
    ['a.c', 'abc', false],
    ['', '', true],
    ['', 'a', false],
    ['a**', 'a', true],
  ])('%j against %j: %j', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected)
  })

  test('many stars against a long text that does not fit end quickly', () => {
    expect(matchesGlob('*a'.repeat(30) + 'b', 'a'.repeat(5_000))).toBe(false)
  })
})

test('literalLength counts what stands for itself', () => {
  expect(literalLength('*/cart:v?')).toBe(7)
})
