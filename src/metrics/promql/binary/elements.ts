import {
  addHistograms,
  asGauge,
  divideHistogram,
  scaleHistogram,
  subtractHistograms,
} from '../../model/histogram/arithmetic.ts'
import { compact } from '../../model/histogram/compact.ts'
import { equalHistograms } from '../../model/histogram/equal.ts'
import { trimHistogram } from '../../model/histogram/trim.ts'
import type { FloatHistogram } from '../../model/histogram.ts'
import {
  type Annotation,
  boundsReconciled,
  counterResetsCollide,
  incompatibleBucketLayout,
  incompatibleTypes,
} from '../annotations.ts'
import type { BinaryOp, Position } from '../syntax/ast.ts'

/** A sample: a number or a native histogram. */
export type Element = number | FloatHistogram

/** What came of an operator between two samples of which at least one is a histogram. */
export interface ElementResult {
  /** Absent when there is no result. */
  readonly value?: Element
  /** Of comparisons: whether it holds. */
  readonly holds?: boolean
  readonly annotation?: Annotation
}

export interface ElementOperation {
  readonly op: BinaryOp
  readonly pos: Position
}

export function operateOnHistograms(left: Element, right: Element, operation: ElementOperation): ElementResult {
  const { op } = operation
  if (typeof left === 'number') {
    if (typeof right === 'number') return incompatible('float', 'float', operation)
    return op === '*' ? { value: compact(scaleHistogram(right, left)) } : incompatible('float', 'histogram', operation)
  }
  if (typeof right === 'number') return withNumber(left, right, operation)
  switch (op) {
    case '+':
    case '-':
      return combined(left, right, operation)
    case '==':
      return { value: left, holds: equalHistograms(left, right) }
    case '!=':
      return { value: left, holds: !equalHistograms(left, right) }
    default:
      return incompatible('histogram', 'histogram', operation)
  }
}

function withNumber(left: FloatHistogram, right: number, operation: ElementOperation): ElementResult {
  switch (operation.op) {
    case '*':
      return { value: compact(scaleHistogram(left, right)) }
    case '/':
      return { value: compact(divideHistogram(left, right)) }
    case '</':
      return { value: trimHistogram(left, right, 'below') }
    case '>/':
      return { value: trimHistogram(left, right, 'above') }
    default:
      return incompatible('histogram', 'float', operation)
  }
}

function combined(left: FloatHistogram, right: FloatHistogram, { op, pos }: ElementOperation): ElementResult {
  const result = op === '+' ? addHistograms(left, right) : subtractHistograms(left, right)
  if (result === undefined) return { annotation: incompatibleBucketLayout(op, pos) }
  const name = op === '+' ? 'addition' : 'subtraction'
  // Whether the counter was reset cannot be told from these two: there is nothing sensible to give.
  if (result.resetsCollide) return { annotation: counterResetsCollide(name, pos) }
  const value = op === '+' ? compact(result.histogram) : asGauge(result.histogram)
  return result.boundsReconciled ? { value, annotation: boundsReconciled(name, pos) } : { value }
}

function incompatible(left: string, right: string, { op, pos }: ElementOperation): ElementResult {
  return { annotation: incompatibleTypes(left, op, right, pos) }
}
