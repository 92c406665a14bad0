import type { FunctionDeclaration, Implementation, Library, Overload } from '../declarations.ts'
import { insertEntry } from '../folds.ts'
import { OPTIONAL_MACROS, TWO_VARIABLE_MACROS } from '../macros.ts'
import { secondsOf, UNIX_SECONDS_MIN } from '../time.ts'
import { BOOL, type CelType, DYN, INT, listType, mapType, OPTIONAL, optionalType, STRING, typeParam } from '../types.ts'
import {
  CelError,
  Dictionary,
  Duration,
  errorOr,
  List,
  listOf,
  NONE,
  Optional,
  printValue,
  sizeOf,
  Timestamp,
  Uint,
  type Value,
} from '../values.ts'

const K = typeParam('K')
const V = typeParam('V')
const OPTIONAL_V = optionalType(V)
const LIST_OF_V = listType(V)
const MAP_OF_KV = mapType(K, V)

function member(id: string, args: readonly CelType[], result: CelType, run?: Implementation): Overload {
  return { id, member: true, args, result, ...(run === undefined ? {} : { run }) }
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === 0n) return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanoseconds === 0n
  if (value instanceof Timestamp)
    return secondsOf(value) === UNIX_SECONDS_MIN && value.nanoseconds % 1_000_000_000n === 0n
  if (value instanceof Optional) return value.value === undefined
  return sizeOf(value) === 0
}

function unwrap(list: Value): Value {
  if (!(list instanceof List)) return errorOr(list)
  const present: Value[] = []
  for (const value of list.toArray()) {
    if (!(value instanceof Optional)) return new CelError(`value ${printValue(value)} is not optional`)
    if (value.value !== undefined) present.push(value.value)
  }
  return listOf(present)
}

/** The element of a list from its end or beginning, if there is one. */
function outermost(list: Value, pick: (list: List) => number): Value {
  if (!(list instanceof List)) return errorOr(list)
  return list.size === 0 ? NONE : new Optional(list.at(pick(list)))
}

const FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'optional.of',
    overloads: [{ id: 'optional_of', args: [V], result: OPTIONAL_V, run: (value = null) => new Optional(value) }],
  },
  {
    name: 'optional.ofNonZeroValue',
    overloads: [
      {
        id: 'optional_ofNonZeroValue',
        args: [V],
        result: OPTIONAL_V,
        run: (value = null) => (isZero(value) ? NONE : new Optional(value)),
      },
    ],
  },
  { name: 'optional.none', overloads: [{ id: 'optional_none', args: [], result: OPTIONAL_V, run: () => NONE }] },
  {
    name: 'value',
    overloads: [
      member('optional_value', [OPTIONAL_V], V, (value = null) =>
        value instanceof Optional ? (value.value ?? missing(value)) : errorOr(value),
      ),
    ],
  },
  {
    name: 'hasValue',
    overloads: [
      member('optional_hasValue', [OPTIONAL_V], BOOL, (value = null) =>
        value instanceof Optional ? value.value !== undefined : errorOr(value),
      ),
    ],
  },
  // These and the selections below are evaluated by the planner: they look at their right side only where they must.
  { name: 'or', overloads: [member('optional_or_optional', [OPTIONAL_V, OPTIONAL_V], OPTIONAL_V)] },
  { name: 'orValue', overloads: [member('optional_orValue_value', [OPTIONAL_V, V], V)] },
  { name: '_?._', overloads: [{ id: 'select_optional_field', args: [DYN, STRING], result: OPTIONAL_V }] },
  {
    name: '_[?_]',
    overloads: [
      { id: 'list_optindex_optional_int', args: [LIST_OF_V, INT], result: OPTIONAL_V },
      { id: 'optional_list_optindex_optional_int', args: [optionalType(LIST_OF_V), INT], result: OPTIONAL_V },
      { id: 'map_optindex_optional_value', args: [MAP_OF_KV, K], result: OPTIONAL_V },
      { id: 'optional_map_optindex_optional_value', args: [optionalType(MAP_OF_KV), K], result: OPTIONAL_V },
    ],
  },
  {
    name: '_[_]',
    overloads: [
      { id: 'optional_list_index_int', args: [optionalType(LIST_OF_V), INT], result: OPTIONAL_V },
      { id: 'optional_map_index_value', args: [optionalType(MAP_OF_KV), K], result: OPTIONAL_V },
    ],
  },
  {
    name: 'first',
    overloads: [member('list_first', [LIST_OF_V], OPTIONAL_V, (list = null) => outermost(list, () => 0))],
  },
  {
    name: 'last',
    overloads: [member('list_last', [LIST_OF_V], OPTIONAL_V, (list = null) => outermost(list, ({ size }) => size - 1))],
  },
  {
    name: 'optional.unwrap',
    overloads: [
      { id: 'optional_unwrap', args: [listType(OPTIONAL_V)], result: LIST_OF_V, run: (list = null) => unwrap(list) },
    ],
  },
  {
    name: 'unwrapOpt',
    overloads: [member('optional_unwrapOpt', [listType(OPTIONAL_V)], LIST_OF_V, (list = null) => unwrap(list))],
  },
]

/** An optional may hold null, so that `??` cannot tell. */
function missing({ value }: Optional): Value {
  return value === undefined ? new CelError('optional.none() dereference') : value
}

/** google/cel-go cel/library.go */
export const OPTIONAL_LIBRARY: Library = { functions: FUNCTIONS, macros: OPTIONAL_MACROS, types: [OPTIONAL] }

/** What the macros with two variables are made of. google/cel-go ext/comprehensions.go */
export const TWO_VARIABLE_LIBRARY: Library = {
  macros: TWO_VARIABLE_MACROS,
  functions: [
    {
      name: 'cel.@mapInsert',
      overloads: [
        {
          id: '@mapInsert_map_key_value',
          args: [MAP_OF_KV, K, V],
          result: MAP_OF_KV,
          run: (map = null, key = null, value = null) => insertEntry(map, key, value),
        },
        {
          id: '@mapInsert_map_map',
          args: [MAP_OF_KV, MAP_OF_KV],
          result: MAP_OF_KV,
          run: (map = null, added = null) => insertAll(map, added),
        },
      ],
    },
  ],
}

function insertAll(map: Value, added: Value): Value {
  if (!(added instanceof Dictionary)) return errorOr(added)
  let result = map
  for (const key of added.keys()) {
    result = insertEntry(result, key, added.find(key) ?? null)
    if (result instanceof CelError) return result
  }
  return result
}
