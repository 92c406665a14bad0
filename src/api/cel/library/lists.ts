import { add } from '../arithmetic.ts'
import {
  actualSize,
  type CallEstimate,
  CHARACTER_COST,
  type EstimatedCall,
  type EstimatedCost,
  type EstimatedNode,
  fixed,
  LIST_COST,
  ONE,
  product,
  type Range,
  scaled,
  sum,
  UNBOUNDED,
} from '../cost.ts'
import type { FunctionDeclaration, Library, Overload } from '../declarations.ts'
import { compare, equal } from '../equality.ts'
import { LIST_MACROS } from '../macros.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  STRING,
  TIMESTAMP,
  typeParam,
  UINT,
} from '../types.ts'
import {
  CelError,
  Duration,
  errorOr,
  isComparable,
  List,
  listOf,
  NO_SUCH_OVERLOAD,
  typeOf,
  Uint,
  type Value,
} from '../values.ts'
import { estimateSearch, searchCost } from './search-cost.ts'

const T = typeParam('T')
const LIST_OF_T = listType(T)

const COMPARABLE: readonly (readonly [CelType, string])[] = [
  [INT, 'int'],
  [UINT, 'uint'],
  [DOUBLE, 'double'],
  [BOOL, 'bool'],
  [DURATION, 'duration'],
  [TIMESTAMP, 'timestamp'],
  [STRING, 'string'],
  [BYTES, 'bytes'],
]

const ZEROS: readonly (readonly [CelType, string, Value])[] = [
  [INT, 'int', 0n],
  [UINT, 'uint', new Uint(0n)],
  [DOUBLE, 'double', 0],
  [DURATION, 'duration', new Duration(0n)],
]

/** A function that all take a list first; anything else gets an error before it runs. */
function member(
  id: string,
  args: readonly CelType[],
  result: CelType,
  run: (list: List, ...rest: Value[]) => Value,
): Overload {
  return {
    id,
    member: true,
    args,
    result,
    run: (list = null, ...rest) => (list instanceof List ? run(list, ...rest) : errorOr(list)),
  }
}

function isSorted(list: List): Value {
  let previous: Value | undefined
  for (const value of list.toArray()) {
    if (!isComparable(value)) return errorOr(value)
    if (previous !== undefined && compare(previous, value) === 1) return false
    previous = value
  }
  return true
}

function total(list: List, zero: Value): Value {
  let result = zero
  for (const value of list.toArray()) {
    result = add(result, value)
    if (result instanceof CelError) return result
  }
  return result
}

/** The element from which all others differ by `order` or not at all. */
function extreme(list: List, name: string, order: number): Value {
  let result: Value | undefined
  for (const value of list.toArray()) {
    if (!isComparable(value)) return errorOr(value)
    if (result === undefined || compare(result, value) === order) result = value
  }
  return result ?? new CelError(`${name} called on empty list`)
}

function firstIndex(list: List, wanted: Value): Value {
  for (let index = 0; index < list.size; index++) {
    if (equal(list.at(index), wanted) === true) return BigInt(index)
  }
  return -1n
}

function lastIndex(list: List, wanted: Value): Value {
  for (let index = list.size - 1; index >= 0; index--) {
    if (equal(list.at(index), wanted) === true) return BigInt(index)
  }
  return -1n
}

const SEARCH = { cost: searchCost, estimate: estimateSearch }

/** k8s.io/apiserver pkg/cel/library/lists.go */
const KUBERNETES_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    ...SEARCH,
    name: 'isSorted',
    overloads: COMPARABLE.map(([type, name]) =>
      member(`list_${name}_is_sorted_bool`, [listType(type)], BOOL, isSorted),
    ),
  },
  {
    ...SEARCH,
    name: 'sum',
    overloads: ZEROS.map(([type, name, zero]) =>
      member(`list_${name}_sum_${name}`, [listType(type)], type, (list) => total(list, zero)),
    ),
  },
  {
    ...SEARCH,
    name: 'max',
    overloads: COMPARABLE.map(([type, name]) =>
      member(`list_${name}_max_${name}`, [listType(type)], type, (list) => extreme(list, 'max', -1)),
    ),
  },
  {
    ...SEARCH,
    name: 'min',
    overloads: COMPARABLE.map(([type, name]) =>
      member(`list_${name}_min_${name}`, [listType(type)], type, (list) => extreme(list, 'min', 1)),
    ),
  },
  {
    ...SEARCH,
    name: 'indexOf',
    overloads: [
      member('list_a_index_of_int', [listType(typeParam('A')), typeParam('A')], INT, (list, wanted = null) =>
        firstIndex(list, wanted),
      ),
    ],
  },
  {
    ...SEARCH,
    name: 'lastIndexOf',
    overloads: [
      member('list_a_last_index_of_int', [listType(typeParam('A')), typeParam('A')], INT, (list, wanted = null) =>
        lastIndex(list, wanted),
      ),
    ],
  },
]

function slice(list: List, start: Value = null, end: Value = null): Value {
  if (typeof start !== 'bigint' || typeof end !== 'bigint') return NO_SUCH_OVERLOAD
  const cannot = (why: string): CelError => new CelError(`cannot slice(${start}, ${end}), ${why}`)
  if (start < 0n || end < 0n) return cannot('negative indexes not supported')
  if (start > end) return cannot('start index must be less than or equal to end index')
  if (BigInt(list.size) < end) return cannot(`list is length ${list.size}`)
  return listOf(list.toArray().slice(Number(start), Number(end)))
}

function flatten(list: List, depth: bigint): Value {
  if (depth < 0n) return new CelError('level must be non-negative')
  return listOf(flattened(list, depth))
}

function flattened(list: List, depth: bigint): readonly Value[] {
  return list
    .toArray()
    .flatMap((value) => (value instanceof List && depth > 0n ? flattened(value, depth - 1n) : [value]))
}

function sortByKeys(list: List, keys: Value): Value {
  if (!(keys instanceof List)) return errorOr(keys)
  if (list.size !== keys.size) {
    const sizes = `${list.size} and ${keys.size} elements respectively`
    return new CelError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${sizes}`,
    )
  }
  const keyed = keys.toArray().map((key, index) => ({ key, value: list.at(index) }))
  const [first] = keyed
  if (first === undefined) return list
  if (!isComparable(first.key)) return new CelError('list elements must be comparable')
  if (keyed.some(({ key }) => typeOf(key) !== typeOf(first.key))) {
    return new CelError('list elements must have the same type')
  }
  keyed.sort((a, b) => {
    const order = compare(a.key, b.key)
    return typeof order === 'number' ? order : 0
  })
  return listOf(keyed.map(({ value }) => value))
}

function distinct(list: List): Value {
  const kept: Value[] = []
  for (const value of list.toArray()) {
    if (!kept.some((known) => equal(value, known) === true)) kept.push(value)
  }
  return listOf(kept)
}

/** A bound for what one evaluation may allocate; the cost limit would stop it only afterwards. */
const RANGE_MAX = 10_000_000n

function range(count: Value = null): Value {
  if (typeof count !== 'bigint') return NO_SUCH_OVERLOAD
  if (count > RANGE_MAX) return new CelError(`lists.range(${count}) is too large`)
  return listOf(Array.from({ length: Math.max(Number(count), 0) }, (_, index) => BigInt(index)))
}

function allocation(factor: number, size: number): number {
  return Math.trunc(size * factor) + 1 + LIST_COST
}

function outputCost(_args: readonly Value[], result: Value): number {
  return allocation(1, actualSize(result))
}

function selfComparisonCost(list: Value | undefined): number {
  if (!(list instanceof List) || list.size === 0) return allocation(2, 0)
  const { kind } = typeOf(list.at(0))
  const factor = 2 + (kind === 'string' || kind === 'bytes' ? CHARACTER_COST : 0)
  return allocation(factor, list.size * list.size)
}

function estimateAllocation(factor: number, size: Range): EstimatedCost {
  return { cost: sum(scaled(size, factor), ONE, fixed(LIST_COST)), size }
}

/** The value of a constant argument. */
function constant(node: EstimatedNode | undefined, otherwise: number): number {
  const literal = node?.expr?.kind === 'literal' ? node.expr.value : undefined
  return typeof literal === 'bigint' ? Math.max(Number(literal), 0) : otherwise
}

function estimateSort(type: CelType, listOfKeys: (call: EstimatedCall) => EstimatedNode | undefined): CallEstimate {
  const factor = 2 + (type === STRING || type === BYTES ? CHARACTER_COST : 0)
  return (call) => {
    const keys = listOfKeys(call)
    if (keys === undefined) return undefined
    const size = call.sizeOf(keys)
    return estimateAllocation(factor, product(size, size))
  }
}

/** google/cel-go ext/lists.go, version 3. */
const EXTENSION_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'slice',
    overloads: [
      {
        ...member('list_slice', [LIST_OF_T, INT, INT], LIST_OF_T, slice),
        cost: outputCost,
        estimate: ({ target, args, sizeOf }) => {
          if (target === undefined) return undefined
          const end = constant(args[1], sizeOf(target).max)
          return estimateAllocation(1, fixed(Math.max(end - constant(args[0], 0), 0)))
        },
      },
    ],
  },
  {
    name: 'flatten',
    unguarded: true,
    overloads: [
      {
        ...member('list_flatten', [listType(LIST_OF_T)], LIST_OF_T, (list) => flatten(list, 1n)),
        cost: ([list]) => allocation(1, actualSize(list ?? null)),
        estimate: ({ target, sizeOf }) => (target === undefined ? undefined : estimateAllocation(1, sizeOf(target))),
      },
      {
        ...member('list_flatten_int', [listType(DYN), INT], listType(DYN), (list, depth) =>
          typeof depth === 'bigint' ? flatten(list, depth) : NO_SUCH_OVERLOAD,
        ),
        cost: ([list, depth]) => allocation(typeof depth === 'bigint' ? Number(depth) : 1, actualSize(list ?? null)),
        estimate: ({ target, args, sizeOf }) =>
          target === undefined ? undefined : estimateAllocation(constant(args[0], UNBOUNDED), sizeOf(target)),
      },
    ],
  },
  {
    name: 'sort',
    run: (list = null) => (list instanceof List ? sortByKeys(list, list) : errorOr(list)),
    overloads: COMPARABLE.map(([type]) => ({
      ...member(`list_${type.name}_sort`, [listType(type)], listType(type), (list) => sortByKeys(list, list)),
      cost: ([list]) => selfComparisonCost(list),
      estimate: estimateSort(type, ({ target }) => target),
    })),
  },
  {
    name: '@sortByAssociatedKeys',
    run: (list = null, keys = null) => (list instanceof List ? sortByKeys(list, keys) : errorOr(list)),
    overloads: COMPARABLE.map(([type]) => ({
      ...member(`list_${type.name}_sortByAssociatedKeys`, [LIST_OF_T, listType(type)], LIST_OF_T, (list, keys = null) =>
        sortByKeys(list, keys),
      ),
      cost: ([, keys]) => selfComparisonCost(keys),
      estimate: estimateSort(type, ({ args }) => args[0]),
    })),
  },
  {
    name: 'lists.range',
    overloads: [
      {
        id: 'lists_range',
        args: [INT],
        result: listType(INT),
        run: range,
        cost: outputCost,
        estimate: ({ args }) => estimateAllocation(1, fixed(constant(args[0], UNBOUNDED))),
      },
    ],
  },
  {
    name: 'reverse',
    overloads: [
      {
        ...member('list_reverse', [LIST_OF_T], LIST_OF_T, (list) => listOf(list.toArray().reverse())),
        cost: outputCost,
        estimate: ({ target, sizeOf }) => (target === undefined ? undefined : estimateAllocation(1, sizeOf(target))),
      },
    ],
  },
  {
    name: 'distinct',
    overloads: [
      {
        ...member('list_distinct', [LIST_OF_T], LIST_OF_T, distinct),
        cost: ([list]) => selfComparisonCost(list),
        estimate: ({ target, sizeOf }) => {
          if (target === undefined) return undefined
          const size = sizeOf(target)
          return estimateAllocation(2, product(size, size))
        },
      },
    ],
  },
]

export const LIST_LIBRARY: Library = {
  functions: [...KUBERNETES_FUNCTIONS, ...EXTENSION_FUNCTIONS],
  macros: LIST_MACROS,
}
