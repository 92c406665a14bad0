import type { CelType } from './types.ts'
import type { Value } from './values.ts'

/** Where a node stands in the source: an offset in code points. Nodes that a macro makes stand where the macro does. */
interface Node {
  readonly offset: number
  /** Set by the checker. */
  type?: CelType
}

export interface Literal extends Node {
  readonly kind: 'literal'
  readonly value: Value
}

export interface Ident extends Node {
  readonly kind: 'ident'
  readonly name: string
  /** Set by the checker: which declared name this is, without a leading dot. */
  resolved?: string
}

export interface Select extends Node {
  readonly kind: 'select'
  readonly operand: Expr
  readonly field: string
  /** `has(operand.field)` */
  readonly testOnly: boolean
  /** Set by the checker when the whole path is a declared name, such as `google.protobuf.Duration`. */
  resolved?: string
}

export interface Call extends Node {
  readonly kind: 'call'
  readonly target: Expr | undefined
  readonly name: string
  readonly args: readonly Expr[]
  /** Set by the checker: the name of the function, qualified; the target is then part of the name or an argument. */
  resolved?: { readonly name: string; readonly overloads: readonly string[]; readonly member: boolean }
}

export interface ListLiteral extends Node {
  readonly kind: 'list'
  readonly elements: readonly { readonly value: Expr; readonly optional: boolean }[]
}

export interface MapLiteral extends Node {
  readonly kind: 'map'
  readonly entries: readonly { readonly key: Expr; readonly value: Expr; readonly optional: boolean }[]
}

export interface StructLiteral extends Node {
  readonly kind: 'struct'
  readonly typeName: string
  readonly fields: readonly {
    readonly offset: number
    readonly name: string
    readonly value: Expr
    readonly optional: boolean
  }[]
}

/** The loop that macros such as `all` and `map` stand for. */
export interface Comprehension extends Node {
  readonly kind: 'comprehension'
  readonly range: Expr
  readonly iterVar: string
  /** Set when both key (or index) and value are bound. */
  readonly iterVar2: string | undefined
  readonly accuVar: string
  readonly accuInit: Expr
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}

export type Expr = Literal | Ident | Select | Call | ListLiteral | MapLiteral | StructLiteral | Comprehension

/** The variable that macros fold into; no source can name it. */
export const ACCUMULATOR = '@result'

/** The direct children of a node, in the order in which they are evaluated. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return []
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args]
    case 'list':
      return expr.elements.map(({ value }) => value)
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.fields.map(({ value }) => value)
    case 'comprehension':
      return [expr.range, expr.accuInit, expr.condition, expr.step, expr.result]
  }
}

/** A copy with fresh nodes, for a macro that needs an expression twice. */
export function copyOf(expr: Expr): Expr {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return { ...expr }
    case 'select':
      return { ...expr, operand: copyOf(expr.operand) }
    case 'call':
      return {
        ...expr,
        target: expr.target === undefined ? undefined : copyOf(expr.target),
        args: expr.args.map(copyOf),
      }
    case 'list':
      return { ...expr, elements: expr.elements.map((element) => ({ ...element, value: copyOf(element.value) })) }
    case 'map':
      return {
        ...expr,
        entries: expr.entries.map((entry) => ({ ...entry, key: copyOf(entry.key), value: copyOf(entry.value) })),
      }
    case 'struct':
      return { ...expr, fields: expr.fields.map((field) => ({ ...field, value: copyOf(field.value) })) }
    case 'comprehension':
      return {
        ...expr,
        range: copyOf(expr.range),
        accuInit: copyOf(expr.accuInit),
        condition: copyOf(expr.condition),
        step: copyOf(expr.step),
        result: copyOf(expr.result),
      }
  }
}
