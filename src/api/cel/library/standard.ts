import { add, divide, modulo, multiply, negate, subtract } from '../arithmetic.ts'
import { toBool, toBytes, toDouble, toDuration, toInt, toText, toTimestamp, toUint } from '../conversion.ts'
import { CHARACTER_COST, type EstimatedCall, type EstimatedCost, ONE, scaled, union } from '../cost.ts'
import type { FunctionDeclaration, Implementation, Library, Overload } from '../declarations.ts'
import { compare, equal } from '../equality.ts'
import { STANDARD_MACROS } from '../macros.ts'
import { compilePattern } from '../patterns.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  isSameType,
  listType,
  mapType,
  STRING,
  TIMESTAMP,
  typeOfType,
  typeParam,
  UINT,
} from '../types.ts'
import {
  CelError,
  Dictionary,
  errorOr,
  identityOf,
  List,
  NO_SUCH_OVERLOAD,
  sizeOf,
  typeOf,
  type Value,
} from '../values.ts'
import { TIME_FUNCTIONS } from './time-functions.ts'

const A = typeParam('A')
const B = typeParam('B')
const LIST_OF_A = listType(A)
const MAP_OF_AB = mapType(A, B)

function overload(id: string, args: readonly CelType[], result: CelType, run?: Implementation): Overload {
  return { id, args, result, ...(run === undefined ? {} : { run }) }
}

function member(id: string, args: readonly CelType[], result: CelType, run?: Implementation): Overload {
  return { ...overload(id, args, result, run), member: true }
}

function binary(
  name: string,
  run: (left: Value, right: Value) => Value,
  overloads: readonly Overload[],
): FunctionDeclaration {
  return { name, overloads, run: (left = null, right = null) => run(left, right) }
}

const OPERATORS: readonly FunctionDeclaration[] = [
  { name: '_?_:_', overloads: [overload('conditional', [BOOL, A, A], A)] },
  { name: '_&&_', overloads: [overload('logical_and', [BOOL, BOOL], BOOL)] },
  { name: '_||_', overloads: [overload('logical_or', [BOOL, BOOL], BOOL)] },
  {
    name: '!_',
    overloads: [overload('logical_not', [BOOL], BOOL)],
    run: (value = null) => (typeof value === 'boolean' ? !value : errorOr(value)),
  },
  { name: '@not_strictly_false', overloads: [overload('not_strictly_false', [BOOL], BOOL)] },
  { name: '_==_', overloads: [{ ...overload('equals', [A, A], BOOL), estimate: estimateEquality }] },
  { name: '_!=_', overloads: [overload('not_equals', [A, A], BOOL)] },
  binary('_+_', add, [
    overload('add_bytes', [BYTES, BYTES], BYTES),
    overload('add_double', [DOUBLE, DOUBLE], DOUBLE),
    overload('add_duration_duration', [DURATION, DURATION], DURATION),
    overload('add_duration_timestamp', [DURATION, TIMESTAMP], TIMESTAMP),
    overload('add_timestamp_duration', [TIMESTAMP, DURATION], TIMESTAMP),
    overload('add_int64', [INT, INT], INT),
    overload('add_list', [LIST_OF_A, LIST_OF_A], LIST_OF_A),
    overload('add_string', [STRING, STRING], STRING),
    overload('add_uint64', [UINT, UINT], UINT),
  ]),
  binary('_-_', subtract, [
    overload('subtract_double', [DOUBLE, DOUBLE], DOUBLE),
    overload('subtract_duration_duration', [DURATION, DURATION], DURATION),
    overload('subtract_int64', [INT, INT], INT),
    overload('subtract_timestamp_duration', [TIMESTAMP, DURATION], TIMESTAMP),
    overload('subtract_timestamp_timestamp', [TIMESTAMP, TIMESTAMP], DURATION),
    overload('subtract_uint64', [UINT, UINT], UINT),
  ]),
  binary('_*_', multiply, [
    overload('multiply_double', [DOUBLE, DOUBLE], DOUBLE),
    overload('multiply_int64', [INT, INT], INT),
    overload('multiply_uint64', [UINT, UINT], UINT),
  ]),
  binary('_/_', divide, [
    overload('divide_double', [DOUBLE, DOUBLE], DOUBLE),
    overload('divide_int64', [INT, INT], INT),
    overload('divide_uint64', [UINT, UINT], UINT),
  ]),
  binary('_%_', modulo, [overload('modulo_int64', [INT, INT], INT), overload('modulo_uint64', [UINT, UINT], UINT)]),
  {
    name: '-_',
    overloads: [overload('negate_double', [DOUBLE], DOUBLE), overload('negate_int64', [INT], INT)],
    run: (value = null) => negate(value),
  },
  {
    name: '_[_]',
    overloads: [overload('index_list', [LIST_OF_A, INT], A), overload('index_map', [MAP_OF_AB, A], B)],
  },
  binary('@in', contains, [overload('in_list', [A, LIST_OF_A], BOOL), overload('in_map', [A, MAP_OF_AB], BOOL)]),
]

const ORDERED: readonly (readonly [CelType, string])[] = [
  [BOOL, 'bool'],
  [INT, 'int64'],
  [UINT, 'uint64'],
  [DOUBLE, 'double'],
  [STRING, 'string'],
  [BYTES, 'bytes'],
  [TIMESTAMP, 'timestamp'],
  [DURATION, 'duration'],
]
const NUMBERS = ORDERED.filter(([type]) => type === INT || type === UINT || type === DOUBLE)

/** `<` and its kin: of equal types, and of numbers of different types. */
function ordering(name: string, id: string, holds: (order: number) => boolean): FunctionDeclaration {
  const same = ORDERED.map(([type, suffix]) => overload(`${id}_${suffix}`, [type, type], BOOL))
  const mixed = NUMBERS.flatMap(([left, leftName]) =>
    NUMBERS.filter(([right]) => right !== left).map(([right, rightName]) =>
      overload(`${id}_${leftName}_${rightName}`, [left, right], BOOL),
    ),
  )
  return binary(
    name,
    (left, right) => {
      const order = compare(left, right)
      return typeof order === 'number' ? holds(order) : order
    },
    [...same, ...mixed],
  )
}

const ORDERINGS = [
  ordering('_<_', 'less', (order) => order < 0),
  ordering('_<=_', 'less_equals', (order) => order <= 0),
  ordering('_>_', 'greater', (order) => order > 0),
  ordering('_>=_', 'greater_equals', (order) => order >= 0),
]

function conversion(
  name: string,
  to: CelType,
  convert: (value: Value) => Value,
  from: readonly (readonly [CelType, string])[],
): FunctionDeclaration {
  return { name, overloads: from.map(([type, id]) => overload(id, [type], to, (value = null) => convert(value))) }
}

const CONVERSIONS: readonly FunctionDeclaration[] = [
  {
    name: 'type',
    overloads: [overload('type', [A], typeOfType(A))],
    run: (value = null) => typeOf(value),
  },
  { name: 'dyn', overloads: [overload('to_dyn', [A], DYN)], run: (value = null) => value },
  conversion('bool', BOOL, toBool, [
    [BOOL, 'bool_to_bool'],
    [STRING, 'string_to_bool'],
  ]),
  conversion('bytes', BYTES, toBytes, [
    [BYTES, 'bytes_to_bytes'],
    [STRING, 'string_to_bytes'],
  ]),
  conversion('double', DOUBLE, toDouble, [
    [DOUBLE, 'double_to_double'],
    [INT, 'int64_to_double'],
    [STRING, 'string_to_double'],
    [UINT, 'uint64_to_double'],
  ]),
  conversion('duration', DURATION, toDuration, [
    [DURATION, 'duration_to_duration'],
    [STRING, 'string_to_duration'],
  ]),
  conversion('int', INT, toInt, [
    [INT, 'int64_to_int64'],
    [DOUBLE, 'double_to_int64'],
    [DURATION, 'duration_to_int64'],
    [STRING, 'string_to_int64'],
    [TIMESTAMP, 'timestamp_to_int64'],
    [UINT, 'uint64_to_int64'],
  ]),
  conversion('string', STRING, toText, [
    [STRING, 'string_to_string'],
    [BOOL, 'bool_to_string'],
    [BYTES, 'bytes_to_string'],
    [DOUBLE, 'double_to_string'],
    [DURATION, 'duration_to_string'],
    [INT, 'int64_to_string'],
    [TIMESTAMP, 'timestamp_to_string'],
    [UINT, 'uint64_to_string'],
  ]),
  conversion('timestamp', TIMESTAMP, toTimestamp, [
    [TIMESTAMP, 'timestamp_to_timestamp'],
    [INT, 'int64_to_timestamp'],
    [STRING, 'string_to_timestamp'],
  ]),
  conversion('uint', UINT, toUint, [
    [UINT, 'uint64_to_uint64'],
    [DOUBLE, 'double_to_uint64'],
    [INT, 'int64_to_uint64'],
    [STRING, 'string_to_uint64'],
  ]),
]

function textTest(name: string, id: string, test: (text: string, part: string) => boolean): FunctionDeclaration {
  return {
    name,
    unguarded: true,
    overloads: [
      member(id, [STRING, STRING], BOOL, (text = null, part = null) => {
        if (typeof text !== 'string') return errorOr(text)
        return typeof part === 'string' ? test(text, part) : errorOr(part)
      }),
    ],
  }
}

const TEXTS: readonly FunctionDeclaration[] = [
  textTest('contains', 'contains_string', (text, part) => text.includes(part)),
  textTest('endsWith', 'ends_with_string', (text, part) => text.endsWith(part)),
  textTest('startsWith', 'starts_with_string', (text, part) => text.startsWith(part)),
  {
    name: 'matches',
    overloads: [overload('matches', [STRING, STRING], BOOL), member('matches_string', [STRING, STRING], BOOL)],
    run: (text = null, pattern = null) =>
      typeof pattern === 'string' ? matcher(pattern)(text, pattern) : errorOr(pattern),
    withPattern: { index: 1, compile: (source) => matcherOf(compilePattern(source)) },
  },
  {
    name: 'size',
    overloads: [BYTES, LIST_OF_A, MAP_OF_AB, STRING].flatMap((type) => [
      overload(`size_${type.name}`, [type], INT),
      member(`${type.name}_size`, [type], INT),
    ]),
    run: (value = null) => {
      const size = sizeOf(value)
      return size === undefined ? NO_SUCH_OVERLOAD : BigInt(size)
    },
  },
]

function matcher(pattern: string): Implementation {
  try {
    return matcherOf(compilePattern(pattern))
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    return () => new CelError(message)
  }
}

function matcherOf(pattern: { test(text: string): boolean }): Implementation {
  return (text = null) => (typeof text === 'string' ? pattern.test(text) : errorOr(text))
}

/** `element in container` */
function contains(element: Value, container: Value): Value {
  if (container instanceof Dictionary) {
    const found = container.find(element)
    return found instanceof CelError ? found : found !== undefined
  }
  if (!(container instanceof List)) return errorOr(container)
  const identity = identityOf(element)
  let failure: CelError | undefined
  for (let index = 0; index < container.size; index++) {
    const candidate = container.at(index)
    const same = candidate === identity ? true : equal(candidate, element)
    if (same === true) return true
    // A list with a schema says when its elements cannot be compared; others simply hold no such element.
    if (typeof same !== 'boolean' && container.source.equal !== undefined) failure ??= errorOr(same)
  }
  return failure ?? false
}

/** Types of libraries compare in constant time, except those that wrap a text: k8s.io/apiserver pkg/cel/library/cost.go. */
function estimateEquality({ args, sizeOf: sizeOfNode }: EstimatedCall): EstimatedCost | undefined {
  const [left, right] = args
  if (left === undefined || right === undefined || !isSameType(left.type, right.type)) return undefined
  const { name } = left.type
  if (name === 'kubernetes.URL') {
    const size = union(sizeOfNode(left), sizeOfNode(right))
    return { cost: scaled({ min: 1, max: size.max }, CHARACTER_COST) }
  }
  if (name === 'kubernetes.NamedFormat') return { cost: scaled({ min: 1, max: 64 }, CHARACTER_COST) }
  return name.startsWith('kubernetes.') || name.startsWith('net.') ? { cost: ONE } : undefined
}

/** google/cel-go common/stdlib/standard.go */
export const STANDARD_LIBRARY: Library = {
  functions: [...OPERATORS, ...ORDERINGS, ...CONVERSIONS, ...TEXTS, ...TIME_FUNCTIONS],
  macros: STANDARD_MACROS,
}
