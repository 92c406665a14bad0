import { parseQuantity, QuantityError } from '../../quantity-parse.ts'
import {
  addQuantities,
  approximateFloatOf,
  compareQuantities,
  type Quantity,
  quantityOf,
  roundUpQuantity,
  scaledValueOf,
  signOfQuantity,
  subtractQuantities,
} from '../../quantity.ts'
import type { FunctionDeclaration, Library, Overload } from '../declarations.ts'
import { intOf } from '../arithmetic.ts'
import { BOOL, type CelType, DOUBLE, INT, STRING, structType } from '../types.ts'
import { CelError, errorOr, opaque, type Value } from '../values.ts'
import { estimateRead, NOMINAL, readCost } from './search-cost.ts'

const QUANTITY_TYPE = structType('kubernetes.Quantity')
const Amount = opaque<Quantity>({
  type: QUANTITY_TYPE,
  equal: (left, right) => compareQuantities(left, right) === 0,
})

function read(text: Value): Quantity | CelError {
  if (typeof text !== 'string') return errorOr(text)
  try {
    return parseQuantity(text)
  } catch (failure) {
    if (failure instanceof QuantityError) return new CelError(failure.message)
    throw failure
  }
}

/** Undefined when it has a fraction or does not fit into 64 bits. */
function integerOf(quantity: Quantity): bigint | undefined {
  if (!roundUpQuantity(quantity, 0).exact) return undefined
  const value = intOf(scaledValueOf(quantity, 0))
  return typeof value === 'bigint' ? value : undefined
}

function unary(id: string, result: CelType, run: (quantity: Quantity) => Value, member = true): Overload {
  return {
    id,
    member,
    args: [QUANTITY_TYPE],
    result,
    run: (value = null) => {
      const quantity = Amount.read(value)
      return quantity === undefined ? errorOr(value) : run(quantity)
    },
  }
}

function binary(id: string, result: CelType, run: (left: Quantity, right: Quantity) => Value): Overload {
  return {
    id,
    member: true,
    args: [QUANTITY_TYPE, QUANTITY_TYPE],
    result,
    run: (left = null, right = null) => {
      const a = Amount.read(left)
      const b = Amount.read(right)
      if (a === undefined) return errorOr(left)
      return b === undefined ? errorOr(right) : run(a, b)
    },
  }
}

/** Sum or difference, with a quantity or an integer. */
function arithmetic(name: string, run: (left: Quantity, right: Quantity) => Quantity): FunctionDeclaration {
  const withInteger: Overload = {
    id: `quantity_${name}_int`,
    member: true,
    args: [QUANTITY_TYPE, INT],
    result: QUANTITY_TYPE,
    run: (left = null, right = null) => {
      const quantity = Amount.read(left)
      if (quantity === undefined) return errorOr(left)
      return typeof right === 'bigint' ? Amount.of(run(quantity, quantityOf(right, 'DecimalExponent'))) : errorOr(right)
    },
  }
  const withQuantity = binary(`quantity_${name}`, QUANTITY_TYPE, (left, right) => Amount.of(run(left, right)))
  return { ...NOMINAL, name, overloads: [withQuantity, withInteger] }
}

const READ = { cost: readCost, estimate: estimateRead }

/** k8s.io/apiserver pkg/cel/library/quantity.go */
export const QUANTITY_LIBRARY: Library = {
  functions: [
    {
      ...READ,
      name: 'quantity',
      overloads: [
        {
          id: 'string_to_quantity',
          args: [STRING],
          result: QUANTITY_TYPE,
          run: (text = null) => {
            const quantity = read(text)
            return quantity instanceof CelError ? quantity : Amount.of(quantity)
          },
        },
      ],
    },
    {
      ...READ,
      name: 'isQuantity',
      overloads: [
        {
          id: 'is_quantity_string',
          args: [STRING],
          result: BOOL,
          run: (text = null) => (typeof text === 'string' ? !(read(text) instanceof CelError) : errorOr(text)),
        },
      ],
    },
    { ...NOMINAL, name: 'sign', overloads: [unary('quantity_sign', INT, (q) => BigInt(signOfQuantity(q)), false)] },
    {
      ...NOMINAL,
      name: 'isGreaterThan',
      overloads: [binary('quantity_is_greater_than', BOOL, (a, b) => compareQuantities(a, b) > 0)],
    },
    {
      ...NOMINAL,
      name: 'isLessThan',
      overloads: [binary('quantity_is_less_than', BOOL, (a, b) => compareQuantities(a, b) < 0)],
    },
    {
      ...NOMINAL,
      name: 'compareTo',
      overloads: [binary('quantity_compare_to', INT, (a, b) => BigInt(compareQuantities(a, b)))],
    },
    { ...NOMINAL, name: 'asApproximateFloat', overloads: [unary('quantity_get_float', DOUBLE, approximateFloatOf)] },
    {
      ...NOMINAL,
      name: 'asInteger',
      overloads: [
        unary('quantity_get_int', INT, (q) => integerOf(q) ?? new CelError('cannot convert value to integer')),
      ],
    },
    {
      ...NOMINAL,
      name: 'isInteger',
      overloads: [unary('quantity_is_integer', BOOL, (q) => integerOf(q) !== undefined)],
    },
    arithmetic('add', addQuantities),
    arithmetic('sub', subtractQuantities),
  ],
}
