import { type Labels, METRIC_NAME } from '../../model/labels.ts'
import { isValidLabelName } from '../../model/names.ts'
import { type AnchoredPattern, anchoredPattern, expandTemplate } from '../../relabel/anchored-pattern.ts'
import type { Series } from '../column.ts'
import type { Evaluation } from '../evaluation.ts'
import type { Grid } from '../grid.ts'
import { mergeSameLabels } from '../labels-of-results.ts'
import { executionError } from '../query-error.ts'
import type { Call } from '../syntax/ast.ts'
import { argument, textArgument } from './arguments.ts'

/** `label_replace(v, dst, replacement, src, regex)`: where `src` matches, `dst` becomes the replacement. */
export async function labelReplace(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const destination = textArgument(call, 1)
  const replacement = textArgument(call, 2)
  const source = textArgument(call, 3)
  const pattern = patternOf(textArgument(call, 4))
  requireValid('destination', destination, call)
  return relabeled(evaluation, call, {
    grid,
    destination,
    valueOf: (labels) => {
      const captures = pattern.match(labels.get(source))
      return captures === undefined ? undefined : expandTemplate(replacement, captures)
    },
  })
}

/** `label_join(v, dst, separator, src, …)`: `dst` becomes the values of the others. */
export async function labelJoin(evaluation: Evaluation, call: Call, grid: Grid): Promise<Series[]> {
  const destination = textArgument(call, 1)
  const separator = textArgument(call, 2)
  const sources = call.args.slice(3).map((_, index) => textArgument(call, index + 3))
  for (const source of sources) requireValid('source', source, call)
  requireValid('destination', destination, call)
  return relabeled(evaluation, call, {
    grid,
    destination,
    valueOf: (labels) => sources.map((source) => labels.get(source)).join(separator),
  })
}

interface Relabeling {
  readonly grid: Grid
  readonly destination: string
  /** The new value, undefined where nothing changes. */
  valueOf(labels: Labels): string | undefined
}

async function relabeled(
  evaluation: Evaluation,
  call: Call,
  { grid, destination, valueOf }: Relabeling,
): Promise<Series[]> {
  const series = await evaluation.vector(argument(call, 0), grid)
  return mergeSameLabels(
    series.map((one) => {
      const value = valueOf(one.labels)
      if (value === undefined) return one
      // A name that is given here is meant to stay.
      const dropName = one.dropName && destination !== METRIC_NAME
      return { ...one, labels: one.labels.with(destination, value), dropName }
    }),
  )
}

function patternOf(source: string): AnchoredPattern {
  try {
    return anchoredPattern(source)
  } catch (failure) {
    throw Object.assign(executionError(`invalid regular expression in label_replace(): ${source}`), { cause: failure })
  }
}

function requireValid(role: 'destination' | 'source', name: string, { func }: Call): void {
  if (!isValidLabelName(name, 'utf8')) throw executionError(`invalid ${role} label name in ${func}(): ${name}`)
}
