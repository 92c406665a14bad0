import { parseQuantity, quantityOfJson, splitQuantity } from '../../../src/api/quantity-parse.ts'
import * as quantities from '../../../src/api/quantity.ts'
import type { Quantity, QuantityFormat } from '../../../src/api/quantity.ts'
import { expectFailure, expectSame, type OracleCase } from '../oracle.ts'

const INT64 = 64

export function runQuantity(name: string, { input, expect }: OracleCase): void {
  const outcome = (): Record<string, unknown> => outcomeOf(name, input)
  if (expect['error'] === true) return void expectFailure('quantity', outcome)
  const actual = outcome()
  // Where upstream's parser keeps 64 bits is a detail of its own.
  const { int64: _, ...expected } = expect
  for (const [key, value] of Object.entries(expected)) {
    const mine = actual[key]
    if (key === 'value' && name !== 'split') expectSame(key, decimal(mine as Quantity), canonicalDecimal(String(value)))
    else expectSame(key, mine, value)
  }
}

function outcomeOf(name: string, input: OracleCase['input']): Record<string, unknown> {
  const text = String(input['text'])
  const a = (): Quantity => read(input['a'])
  switch (name) {
    case 'parse':
    case 'parseExact':
    case 'canonical': {
      const quantity = parseQuantity(text)
      return { value: quantity, format: quantity.format, string: quantities.printQuantity(quantity) }
    }
    case 'string':
      return { string: quantities.printQuantity(a()) }
    case 'fromJSON':
      return { string: quantities.printQuantity(quantityOfJson(JSON.parse(String(input['json'])))) }
    case 'compare':
      return { sign: quantities.compareQuantities(a(), read(input['b'])) }
    case 'split':
      return { ...splitQuantity(text) }
    case 'roundUp': {
      const { quantity, exact } = quantities.roundUpQuantity(parseQuantity(text), Number(input['scale']))
      return { value: quantity, exact }
    }
    case 'negate':
      return { string: quantities.printQuantity(quantities.negateQuantity(a())) }
    case 'scaledValue':
      return { integer: String(quantities.scaledValueOf(a(), Number(input['scale']))) }
    case 'add':
      return { value: quantities.addQuantities(a(), read(input['b'])) }
    case 'subtract':
      return { value: quantities.subtractQuantities(a(), read(input['b'])) }
    case 'multiply': {
      const value = quantities.multiplyQuantity(a(), input['b'] as number | bigint)
      return { value, fitsInt64: BigInt.asIntN(INT64, value.unscaled) === value.unscaled }
    }
    case 'addZeroKeepsForm':
    case 'subtractZeroKeepsForm':
      return withZero(name, parseQuantity(text))
    case 'float64':
      return { float64: quantities.approximateFloatOf('text' in input ? parseQuantity(text) : a()) }
    default:
      throw new Error(`unknown function quantity.${name}`)
  }
}

function withZero(name: string, quantity: Quantity): Record<string, unknown> {
  const { addQuantities: add, subtractQuantities: subtract, printQuantity: print, ZERO } = quantities
  if (name === 'addZeroKeepsForm') {
    expectSame('zero plus', print(add(ZERO, quantity)), print(quantity))
    return { string: print(add(quantity, ZERO)) }
  }
  return { string: print(subtract(quantity, ZERO)), negatedString: print(subtract(ZERO, quantity)) }
}

/** A quantity in a case: its text, or an exact decimal with a format. */
function read(value: unknown): Quantity {
  if (typeof value === 'string') return parseQuantity(value)
  const { value: text, format } = value as { value: string; format: QuantityFormat }
  const [whole = '', fraction = ''] = text.split('.')
  return { unscaled: BigInt(whole + fraction), scale: -fraction.length, format }
}

function decimal({ unscaled, scale }: Quantity): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled) + '0'.repeat(Math.max(scale, 0))
  const padded = digits.padStart(Math.max(-scale, 0) + 1, '0')
  const point = padded.length - Math.max(-scale, 0)
  if (unscaled === 0n) return '0'
  return canonicalDecimal(`${unscaled < 0n ? '-' : ''}${padded.slice(0, point)}.${padded.slice(point)}`)
}

function canonicalDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0*$/, '') : text
}
