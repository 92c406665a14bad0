import { compareText } from '../../../base/compare-text.ts'
import { compareLabels } from '../../model/labels.ts'
import { sortInRangeQuery } from '../annotations.ts'
import { HISTOGRAM, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import type { Call } from '../syntax/ast.ts'
import { argument, textArgument } from './arguments.ts'

type Direction = 'ascending' | 'descending'
type SortFunction = (evaluation: Evaluation, call: Call, grid: Grid) => Promise<Series[]>

/** By value, NaN always last. Histograms have no place in that order and are left out. */
export function sortByValue(direction: Direction): SortFunction {
  const sign = direction === 'ascending' ? 1 : -1
  return async (evaluation, call, grid) => {
    warnOfRange(evaluation, call, grid)
    const series = (await evaluation.vector(argument(call, 0), grid)).filter(hasOnlyFloats)
    if (grid.steps > 1) return series
    return series.sort((a, b) => {
      const [left, right] = [a.column.values[0] as number, b.column.values[0] as number]
      if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
      return sign * (left < right ? -1 : left > right ? 1 : 0)
    })
  }
}

/** By the values of labels, numbers in them by their size; what these leave open by all labels. */
export function sortByLabel(direction: Direction): SortFunction {
  const sign = direction === 'ascending' ? 1 : -1
  return async (evaluation, call, grid) => {
    warnOfRange(evaluation, call, grid)
    const names = call.args.slice(1).map((_, index) => textArgument(call, index + 1))
    const series = await evaluation.vector(argument(call, 0), grid)
    return series.sort((a, b) => {
      for (const name of names) {
        const [left, right] = [a.labels.get(name), b.labels.get(name)]
        if (left !== right) return sign * (comesBefore(left, right) ? -1 : 1)
      }
      return sign * compareLabels(a.labels, b.labels)
    })
  }
}

function warnOfRange(evaluation: Evaluation, { pos }: Call, { steps }: Grid): void {
  if (steps > 1) evaluation.annotate(sortInRangeQuery(pos))
}

/** Steps with histograms are emptied; whether anything is left. */
function hasOnlyFloats({ column }: Series): boolean {
  if (column.histograms === undefined) return true
  for (let step = 0; step < column.steps; step++) if (column.kinds[step] === HISTOGRAM) column.remove(step)
  return column.count > 0
}

/** Natural order: runs of digits compare as numbers (github.com/facette/natsort). */
function comesBefore(a: string, b: string): boolean {
  const left = a.match(RUNS) ?? []
  const right = b.match(RUNS) ?? []
  for (const [index, run] of left.entries()) {
    const other = right[index]
    if (other === undefined) return false
    const areNumbers = DIGITS.test(run) && DIGITS.test(other)
    const isSame = areNumbers ? Number(run) === Number(other) : run === other
    if (!isSame) return areNumbers ? Number(run) < Number(other) : compareText(run, other) < 0
    if (index === left.length - 1) return true
    if (index === right.length - 1) return false
  }
  return left.length < right.length
}

const RUNS = /\d+|\D+/g
const DIGITS = /^\d+$/
