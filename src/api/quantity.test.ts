import { assert, bigInt, constantFrom, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalQuantity, quantityMilli, quantityValue } from './quantity-cache.ts'
import { parseQuantity, QuantityError, quantityOfJson } from './quantity-parse.ts'
import {
  addQuantities,
  compareQuantities,
  printQuantity,
  quantityOf,
  roundUpQuantity,
  subtractQuantities,
} from './quantity.ts'

describe('what manifests say', () => {
  test.each([
    { text: '500m', milli: 500, value: 1, canonical: '500m' },
    { text: '0.5', milli: 500, value: 1, canonical: '500m' },
    { text: '2', milli: 2000, value: 2, canonical: '2' },
    { text: '1.5Gi', milli: 1610612736000, value: 1610612736, canonical: '1536Mi' },
    { text: '1024Mi', milli: 1073741824000, value: 1073741824, canonical: '1Gi' },
    { text: '1e3', milli: 1000000, value: 1000, canonical: '1e3' },
    { text: '1000M', milli: 1000000000000, value: 1000000000, canonical: '1G' },
    { text: '100u', milli: 1, value: 1, canonical: '100u' },
    { text: '-1.5', milli: -1500, value: -2, canonical: '-1500m' },
  ])('$text', ({ text, milli, value, canonical }) => {
    expect({ milli: quantityMilli(text), value: quantityValue(text) }).toEqual({ milli, value })
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  test.each(['', '1 Gi', '1.2.3', 'lots', '1KiB', '1e', '0x10'])('%j is none', (text) => {
    expect(() => parseQuantity(text)).toThrow(QuantityError)
  })

  test('JSON may have a number, and null is zero', () => {
    expect(printQuantity(quantityOfJson(0.25))).toBe('250m')
    expect(printQuantity(quantityOfJson(null))).toBe('0')
  })

  test('what is finer than a billionth is rounded up: who asks for something gets something', () => {
    expect(canonicalQuantity('0.1n')).toBe('1n')
  })

  test('a binary quantity is capped at 64 bits, a decimal one is not', () => {
    expect(canonicalQuantity('16Ei')).toBe('9223372036854775807')
    expect(canonicalQuantity('100000000000000000000')).toBe('100E')
  })
})

describe('arithmetic', () => {
  test('a sum keeps the form of its first part, unless that is zero', () => {
    expect(printQuantity(addQuantities(parseQuantity('1Gi'), parseQuantity('1M')))).toBe('1074741824')
    expect(printQuantity(addQuantities(quantityOf(0), parseQuantity('1Gi')))).toBe('1Gi')
  })

  test('rounding goes away from zero', () => {
    const { quantity, exact } = roundUpQuantity(parseQuantity('-1500m'), 0)
    expect({ text: printQuantity(quantity), exact }).toEqual({ text: '-2', exact: false })
  })

  const units = constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi')

  test('what is added can be subtracted', () => {
    assert(
      property(integer(), units, integer(), units, (a, aUnit, b, bUnit) => {
        const [left, right] = [parseQuantity(`${a}${aUnit}`), parseQuantity(`${b}${bUnit}`)]
        expect(compareQuantities(subtractQuantities(addQuantities(left, right), right), left)).toBe(0)
      }),
    )
  })

  test('the canonical text is read back as the same value, and as the same text', () => {
    assert(
      property(bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), units, (number, unit) => {
        const quantity = parseQuantity(`${number}${unit}`)
        const again = parseQuantity(printQuantity(quantity))
        expect(compareQuantities(again, quantity)).toBe(0)
        expect(printQuantity(again)).toBe(printQuantity(quantity))
      }),
    )
  })
})
