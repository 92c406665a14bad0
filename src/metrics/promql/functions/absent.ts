import { Labels, METRIC_NAME } from '../../model/labels.ts'
import type { Matcher } from '../../model/matcher.ts'
import { ABSENT, Column, type Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { streamRangeCall } from '../range-calls.ts'
import type { Call, Expr } from '../syntax/ast.ts'
import { argument } from './arguments.ts'

/** 1 where a vector is empty. */
export async function absent(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const presence = new Presence(grid)
  await evaluation.stream(argument(call, 0), { grid, sink: presence })
  return presence.gaps(matchedLabels(argument(call, 0)))
}

/** 1 where no series has a sample in the range. */
export async function absentOverTime(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const presence = new Presence(grid)
  await streamRangeCall(evaluation, call, { grid, sink: presence })
  return presence.gaps(matchedLabels(argument(call, 0)))
}

/** Notes at which steps any series has a sample. */
class Presence {
  readonly #seen: Uint8Array
  readonly #column: Column

  constructor({ steps }: Grid) {
    this.#seen = new Uint8Array(steps)
    this.#column = new Column(steps)
  }

  column(): Column {
    this.#column.clear()
    return this.#column
  }

  accept(_labels: Labels, { kinds }: Column): void {
    for (let step = 0; step < kinds.length; step++) if (kinds[step] !== ABSENT) this.#seen[step] = 1
  }

  gaps(labels: Labels): Series[] {
    const column = new Column(this.#seen.length)
    for (const [step, seen] of this.#seen.entries()) if (seen === 0) column.setFloat(step, 1)
    return column.count === 0 ? [] : [{ labels, column, dropName: false }]
  }
}

/** The labels that what is missing would surely have: those the selector asks for by name and value, and only once. */
function matchedLabels(expr: Expr): Labels {
  let labels = Labels.empty
  const seen = new Set<string>()
  for (const { name, op, value } of matchersOf(expr)) {
    if (name === METRIC_NAME) continue
    labels = labels.with(name, op === '=' && !seen.has(name) ? value : '')
    if (op === '=') seen.add(name)
  }
  return labels
}

function matchersOf(expr: Expr): readonly Matcher[] {
  if (expr.type === 'VectorSelector') return expr.matchers
  return expr.type === 'MatrixSelector' ? expr.selector.matchers : []
}
