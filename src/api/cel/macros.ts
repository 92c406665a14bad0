import {
  ACCUMULATOR,
  type Call,
  type Comprehension,
  copyOf,
  type Expr,
  type Ident,
  type ListLiteral,
  type Literal,
  type MapLiteral,
} from './ast.ts'
import type { Value } from './values.ts'

/**
 * Rewrites a call at parse time. Nodes that it makes stand at `offset`. Throws a MacroError when it was matched with
 * arguments that it cannot use, and returns undefined when the call is none of its business.
 */
export interface Macro {
  readonly name: string
  /** `target.name(…)` rather than `name(…)`. */
  readonly receiver: boolean
  readonly argCount: number
  expand(build: NodeBuilder, target: Expr, args: readonly Expr[]): Expr | undefined
}

export class MacroError extends Error {
  override readonly name = 'MacroError'
  readonly offset: number

  constructor(at: Expr, message: string) {
    super(message)
    this.offset = at.offset
  }
}

/** Makes nodes that stand where the macro's call does. */
export class NodeBuilder {
  readonly #offset: number

  constructor(offset: number) {
    this.#offset = offset
  }

  literal(value: Value): Literal {
    return { kind: 'literal', offset: this.#offset, value }
  }

  ident(name: string): Ident {
    return { kind: 'ident', offset: this.#offset, name }
  }

  accumulator(): Ident {
    return this.ident(ACCUMULATOR)
  }

  list(...values: Expr[]): ListLiteral {
    return { kind: 'list', offset: this.#offset, elements: values.map((value) => ({ value, optional: false })) }
  }

  emptyMap(): MapLiteral {
    return { kind: 'map', offset: this.#offset, entries: [] }
  }

  call(name: string, ...args: Expr[]): Call {
    return { kind: 'call', offset: this.#offset, target: undefined, name, args }
  }

  memberCall(name: string, target: Expr, ...args: Expr[]): Call {
    return { kind: 'call', offset: this.#offset, target, name, args }
  }

  presence(operand: Expr, field: string): Expr {
    return { kind: 'select', offset: this.#offset, operand, field, testOnly: true }
  }

  fold(parts: Omit<Comprehension, 'kind' | 'offset' | 'type'>): Comprehension {
    return { kind: 'comprehension', offset: this.#offset, ...parts }
  }
}

type LoopVariables = { readonly iterVar: string; readonly iterVar2: string | undefined }
type Loop = (build: NodeBuilder, range: Expr, variables: LoopVariables, rest: readonly Expr[]) => Expr

const all: Loop = (build, range, variables, [predicate]) =>
  build.fold({
    range,
    ...variables,
    accuVar: ACCUMULATOR,
    accuInit: build.literal(true),
    condition: build.call('@not_strictly_false', build.accumulator()),
    step: build.call('_&&_', build.accumulator(), given(predicate)),
    result: build.accumulator(),
  })

const exists: Loop = (build, range, variables, [predicate]) =>
  build.fold({
    range,
    ...variables,
    accuVar: ACCUMULATOR,
    accuInit: build.literal(false),
    condition: build.call('@not_strictly_false', build.call('!_', build.accumulator())),
    step: build.call('_||_', build.accumulator(), given(predicate)),
    result: build.accumulator(),
  })

const existsOne: Loop = (build, range, variables, [predicate]) =>
  build.fold({
    range,
    ...variables,
    accuVar: ACCUMULATOR,
    accuInit: build.literal(0n),
    condition: build.literal(true),
    step: build.call(
      '_?_:_',
      given(predicate),
      build.call('_+_', build.accumulator(), build.literal(1n)),
      build.accumulator(),
    ),
    result: build.call('_==_', build.accumulator(), build.literal(1n)),
  })

const transformList: Loop = (build, range, variables, rest) => {
  const [filter, transform] = rest.length === 2 ? rest : [undefined, rest[0]]
  const append = build.call('_+_', build.accumulator(), build.list(given(transform)))
  return build.fold({
    range,
    ...variables,
    accuVar: ACCUMULATOR,
    accuInit: build.list(),
    condition: build.literal(true),
    step: filter === undefined ? append : build.call('_?_:_', filter, append, build.accumulator()),
    result: build.accumulator(),
  })
}

function transformMapBy(insert: (build: NodeBuilder, variables: LoopVariables, transform: Expr) => Expr): Loop {
  return (build, range, variables, rest) => {
    const [filter, transform] = rest.length === 2 ? rest : [undefined, rest[0]]
    const step = insert(build, variables, given(transform))
    return build.fold({
      range,
      ...variables,
      accuVar: ACCUMULATOR,
      accuInit: build.emptyMap(),
      condition: build.literal(true),
      step: filter === undefined ? step : build.call('_?_:_', filter, step, build.accumulator()),
      result: build.accumulator(),
    })
  }
}

const transformMap = transformMapBy((build, { iterVar }, transform) =>
  build.call('cel.@mapInsert', build.accumulator(), build.ident(iterVar), transform),
)

const transformMapEntry = transformMapBy((build, _variables, transform) =>
  build.call('cel.@mapInsert', build.accumulator(), transform),
)

/** `range.name(x, …)` */
function oneVariable(name: string, argCount: number, notAName: string, loop: Loop): Macro {
  return {
    name,
    receiver: true,
    argCount,
    expand: (build, target, args) => {
      const iterVar = variableName(args[0], notAName)
      return loop(build, target, { iterVar, iterVar2: undefined }, args.slice(1))
    },
  }
}

/** `range.name(key, value, …)` */
function twoVariables(name: string, argCount: number, loop: Loop): Macro {
  return {
    name,
    receiver: true,
    argCount,
    expand: (build, target, args) => {
      const iterVar = variableName(args[0], SIMPLE_NAME)
      const iterVar2 = variableName(args[1], SIMPLE_NAME)
      if (iterVar === iterVar2) throw new MacroError(given(args[1]), `duplicate variable name: ${iterVar}`)
      return loop(build, target, { iterVar, iterVar2 }, args.slice(2))
    },
  }
}

const SIMPLE_NAME = 'argument must be a simple name'
const IDENTIFIER = 'argument is not an identifier'

function variableName(arg: Expr | undefined, notAName: string): string {
  const expr = given(arg)
  if (expr.kind !== 'ident') throw new MacroError(expr, notAName)
  if (expr.name === ACCUMULATOR || expr.name === '__result__') {
    throw new MacroError(expr, 'iteration variable overwrites accumulator variable')
  }
  return expr.name
}

/** `argCount` has vouched for it. */
function given(expr: Expr | undefined): Expr {
  if (expr === undefined) throw new RangeError('a macro was expanded with too few arguments')
  return expr
}

const has: Macro = {
  name: 'has',
  receiver: false,
  argCount: 1,
  expand: (build, _target, [arg]) => {
    const field = given(arg)
    if (field.kind !== 'select') throw new MacroError(field, 'invalid argument to has() macro')
    return build.presence(field.operand, field.field)
  },
}

const filter: Macro = {
  name: 'filter',
  receiver: true,
  argCount: 2,
  expand: (build, target, [variable, predicate]) => {
    const iterVar = variableName(variable, IDENTIFIER)
    return transformList(build, target, { iterVar, iterVar2: undefined }, [given(predicate), given(variable)])
  },
}

/** A variable that no source can name, for loops over nothing: they only bind their accumulator. */
const UNUSED = '#unused'

function bind(build: NodeBuilder, name: string, init: Expr, result: Expr): Expr {
  return build.fold({
    range: build.list(),
    iterVar: UNUSED,
    iterVar2: undefined,
    accuVar: name,
    accuInit: init,
    condition: build.literal(false),
    step: build.ident(name),
    result,
  })
}

function optionalMap(name: string, wrap: (build: NodeBuilder, mapped: Expr) => Expr): Macro {
  return {
    name,
    receiver: true,
    argCount: 2,
    expand: (build, target, [variable, mapped]) => {
      const ident = given(variable)
      if (ident.kind !== 'ident') throw new MacroError(ident, `${name}() variable name must be a simple identifier`)
      const value = build.memberCall('value', copyOf(target))
      return build.call(
        '_?_:_',
        build.memberCall('hasValue', target),
        wrap(build, bind(build, ident.name, value, given(mapped))),
        build.call('optional.none'),
      )
    },
  }
}

const SORT_INPUT = '@__sortBy_input__'

const sortBy: Macro = {
  name: 'sortBy',
  receiver: true,
  argCount: 2,
  expand: (build, target, args) => {
    if (target.kind === 'literal' || target.kind === 'map' || target.kind === 'struct') {
      throw new MacroError(
        target,
        'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
      )
    }
    const iterVar = variableName(args[0], IDENTIFIER)
    const keys = transformList(build, build.ident(SORT_INPUT), { iterVar, iterVar2: undefined }, args.slice(1))
    const sorted = build.memberCall('@sortByAssociatedKeys', build.ident(SORT_INPUT), keys)
    return bind(build, SORT_INPUT, target, sorted)
  },
}

/** google/cel-go parser/macro.go */
export const STANDARD_MACROS: readonly Macro[] = [
  has,
  oneVariable('all', 2, SIMPLE_NAME, all),
  oneVariable('exists', 2, SIMPLE_NAME, exists),
  oneVariable('exists_one', 2, SIMPLE_NAME, existsOne),
  oneVariable('existsOne', 2, SIMPLE_NAME, existsOne),
  oneVariable('map', 2, IDENTIFIER, transformList),
  oneVariable('map', 3, IDENTIFIER, transformList),
  filter,
]

/** google/cel-go ext/comprehensions.go */
export const TWO_VARIABLE_MACROS: readonly Macro[] = [
  twoVariables('all', 3, all),
  twoVariables('exists', 3, exists),
  twoVariables('existsOne', 3, existsOne),
  twoVariables('exists_one', 3, existsOne),
  twoVariables('transformList', 3, transformList),
  twoVariables('transformList', 4, transformList),
  twoVariables('transformMap', 3, transformMap),
  twoVariables('transformMap', 4, transformMap),
  twoVariables('transformMapEntry', 3, transformMapEntry),
  twoVariables('transformMapEntry', 4, transformMapEntry),
]

/** google/cel-go cel/library.go */
export const OPTIONAL_MACROS: readonly Macro[] = [
  optionalMap('optMap', (build, mapped) => build.call('optional.of', mapped)),
  optionalMap('optFlatMap', (_build, mapped) => mapped),
]

/** google/cel-go ext/lists.go */
export const LIST_MACROS: readonly Macro[] = [sortBy]
