import type { Matcher } from '../../model/matcher.ts'

/** Where in the query's text a node stands: offsets of bytes of its UTF-8, the end exclusive. */
export interface Position {
  readonly start: number
  readonly end: number
}

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string' | 'none'

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | SubqueryExpr
  | ParenExpr
  | UnaryExpr
  | BinaryExpr
  | AggregateExpr
  | Call

export interface NumberLiteral {
  readonly type: 'NumberLiteral'
  readonly value: number
  /** Written as a duration (`5m`): prints as one. */
  readonly isDuration?: boolean
  readonly pos: Position
}

export interface StringLiteral {
  readonly type: 'StringLiteral'
  readonly value: string
  readonly pos: Position
}

/** `@ 1609746000`, `@ start()`, `@ end()`: the time, in ms, at which a selector looks. */
export type AtModifier = number | 'start' | 'end'

/** What may follow a selector or a subquery. `offsetExpr` gives the offset where it is computed. */
export interface TimeModifiers {
  readonly offsetMs: number
  readonly offsetExpr?: DurationExpr
  readonly at?: AtModifier
}

export interface VectorSelector extends TimeModifiers {
  readonly type: 'VectorSelector'
  /** `''` when the name is not written before the braces. */
  readonly name: string
  /** All conditions, that on the name included. */
  readonly matchers: readonly Matcher[]
  /** Experimental: take samples beyond the edges of the range as well. */
  readonly anchored?: boolean
  readonly smoothed?: boolean
  readonly pos: Position
}

export interface MatrixSelector {
  readonly type: 'MatrixSelector'
  readonly selector: VectorSelector
  readonly rangeMs: number
  readonly rangeExpr?: DurationExpr
  readonly pos: Position
}

export interface SubqueryExpr extends TimeModifiers {
  readonly type: 'SubqueryExpr'
  readonly expr: Expr
  readonly rangeMs: number
  readonly rangeExpr?: DurationExpr
  /** 0: the engine's default. */
  readonly stepMs: number
  readonly stepExpr?: DurationExpr
  readonly pos: Position
}

export interface ParenExpr {
  readonly type: 'ParenExpr'
  readonly expr: Expr
  readonly pos: Position
}

export interface UnaryExpr {
  readonly type: 'UnaryExpr'
  readonly op: '-' | '+'
  readonly expr: Expr
  readonly pos: Position
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2'
export type ComparisonOp = '==' | '!=' | '>' | '<' | '>=' | '<='
export type HistogramTrimOp = '</' | '>/'
export type SetOp = 'and' | 'or' | 'unless'
export type BinaryOp = ArithmeticOp | ComparisonOp | HistogramTrimOp | SetOp

export interface BinaryExpr {
  readonly type: 'BinaryExpr'
  readonly op: BinaryOp
  readonly lhs: Expr
  readonly rhs: Expr
  /** The comparison gives 0 or 1 and filters nothing. */
  readonly returnBool: boolean
  /** Set when both sides are vectors. */
  readonly matching?: VectorMatching
  readonly pos: Position
}

export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many'
  readonly on: boolean
  readonly labels: readonly string[]
  /** Labels taken over from the "one" side. */
  readonly include: readonly string[]
  /** Experimental: the value of a side that has no match. */
  readonly fillLeft?: number
  readonly fillRight?: number
}

export type AggregateOp =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'count_values'
  | 'quantile'
  | 'limitk'
  | 'limit_ratio'

export interface AggregateExpr {
  readonly type: 'AggregateExpr'
  readonly op: AggregateOp
  readonly expr: Expr
  readonly param?: Expr
  readonly grouping: readonly string[]
  readonly without: boolean
  readonly pos: Position
}

export interface Call {
  readonly type: 'Call'
  readonly func: string
  readonly args: readonly Expr[]
  readonly pos: Position
}

/** Experimental arithmetic of durations: `[5m * 2]`, `step()`, `max_of(1m, range())`. */
export interface DurationExpr {
  readonly type: 'DurationExpr'
  readonly op: '+' | '-' | '*' | '/' | '%' | '^' | 'step' | 'range' | 'min' | 'max'
  readonly lhs?: DurationExpr | NumberLiteral
  readonly rhs?: DurationExpr | NumberLiteral
  /** In parentheses. */
  readonly isWrapped?: boolean
  readonly pos: Position
}
