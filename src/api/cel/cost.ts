import type { Expr } from './ast.ts'
import type { CelType } from './types.ts'
import { sizeOf, type Value } from './values.ts'

/** google/cel-go common/cost.go */
export const SELECT_COST = 1
export const LIST_COST = 10
export const MAP_COST = 30
export const STRUCT_COST = 40
export const CHARACTER_COST = 0.1
export const PATTERN_CHARACTER_COST = 0.25

/** The largest cost and size: 2^64, within what a double can tell apart up there. */
export const UNBOUNDED = 2 ** 64

/** From least to most. */
export interface Range {
  readonly min: number
  readonly max: number
}

export const UNKNOWN_SIZE: Range = { min: 0, max: UNBOUNDED }
export const ONE: Range = { min: 1, max: 1 }
export const ZERO: Range = { min: 0, max: 0 }

export function fixed(value: number): Range {
  return { min: value, max: value }
}

export function sum(...ranges: readonly Range[]): Range {
  let min = 0
  let max = 0
  for (const range of ranges) {
    min += range.min
    max += range.max
  }
  return { min: bounded(min), max: bounded(max) }
}

export function product(left: Range, right: Range): Range {
  return { min: bounded(left.min * right.min), max: bounded(left.max * right.max) }
}

/** Rounded up, as every traversal costs at least one. */
export function scaled(range: Range, factor: number): Range {
  return { min: bounded(Math.ceil(range.min * factor)), max: bounded(Math.ceil(range.max * factor)) }
}

export function union(left: Range, right: Range): Range {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) }
}

function bounded(value: number): number {
  return Math.min(value, UNBOUNDED)
}

/** What a call did cost; undefined leaves it to the next who knows. */
export type CallCost = (args: readonly Value[], result: Value, overload: string) => number | undefined

/** What a call would cost at most, without its arguments; undefined leaves it to the next who knows. */
export type CallEstimate = (call: EstimatedCall) => EstimatedCost | undefined

export interface EstimatedCost {
  readonly cost: Range
  /** Of the result, when it is a string, bytes, list or map. */
  readonly size?: Range | undefined
}

export interface EstimatedCall {
  readonly overload: string
  readonly target: EstimatedNode | undefined
  readonly args: readonly EstimatedNode[]
  /** What is known of a node's size: from the expression first, then from the declared data. */
  readonly sizeOf: (node: EstimatedNode) => Range
}

export interface EstimatedNode {
  /** Where in the data it stands: `self`, field names, `@items`, `@keys`, `@values`. Empty when it is no part of the data. */
  readonly path: readonly string[]
  readonly type: CelType
  readonly expr: Expr | undefined
  /** What the expression itself says about its size. */
  readonly size: Range | undefined
}

/** What declared data can at most hold at a path. */
export type SizeLookup = (path: readonly string[]) => Range | undefined

/** The size that costs count with: that of strings, bytes, lists and maps, 1 for the rest. */
export function actualSize(value: Value): number {
  return sizeOf(value) ?? 1
}
