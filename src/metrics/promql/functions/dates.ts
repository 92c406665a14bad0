import { Labels } from '../../model/labels.ts'
import { Collector, Column, FLOAT, HISTOGRAM, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import { type Grid, timeAt } from '../grid.ts'
import { METADATA_LABELS } from '../labels-of-results.ts'
import type { Call } from '../syntax/ast.ts'
import { streamTransformed } from '../transform.ts'

const DAY_MS = 86_400_000

const DATE_FUNCTIONS: Readonly<Record<string, (date: Date) => number>> = {
  day_of_month: (date) => date.getUTCDate(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_year: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1,
  days_in_month: (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  hour: (date) => date.getUTCHours(),
  minute: (date) => date.getUTCMinutes(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
}

export function isDateFunction(name: string): boolean {
  return name in DATE_FUNCTIONS
}

/** A part of the date, in UTC: of the evaluation time, or of the values of a vector, which are seconds since the epoch. */
export async function dateFunction(evaluation: Evaluation, { func, args }: Call, grid: Grid): Promise<Series[]> {
  const part = DATE_FUNCTIONS[func] ?? (() => Number.NaN)
  const compute = (seconds: number): number => part(new Date(Math.trunc(seconds) * 1_000))
  const [vector] = args
  if (vector === undefined) {
    const column = new Column(grid.steps)
    for (let step = 0; step < grid.steps; step++) column.setFloat(step, compute(Math.trunc(timeAt(grid, step) / 1_000)))
    return [{ labels: Labels.empty, column, dropName: false }]
  }
  const change = (column: Column): void => {
    for (let step = 0; step < column.steps; step++) {
      if (column.kinds[step] === FLOAT) column.values[step] = compute(column.values[step] as number)
      else if (column.kinds[step] === HISTOGRAM) column.remove(step)
    }
  }
  const collector = new Collector(grid.steps)
  await streamTransformed(evaluation, vector, { change, drops: METADATA_LABELS }, { grid, sink: collector })
  return collector.series
}
