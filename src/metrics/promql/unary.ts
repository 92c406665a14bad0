import { scaleHistogram } from '../model/histogram/arithmetic.ts'
import { FLOAT } from './column.ts'
import type { Evaluation, StreamTarget } from './evaluation.ts'
import { METADATA_LABELS } from './labels-of-results.ts'
import type { UnaryExpr } from './syntax/ast.ts'
import { streamTransformed } from './transform.ts'

/** `-x`: no longer the metric that it was. */
export function streamNegated(evaluation: Evaluation, { expr }: UnaryExpr, target: StreamTarget): Promise<void> {
  return streamTransformed(
    evaluation,
    expr,
    {
      drops: METADATA_LABELS,
      change: (column) => {
        for (let step = 0; step < column.steps; step++) {
          const histogram = column.histogramAt(step)
          if (histogram !== undefined) column.setHistogram(step, scaleHistogram(histogram, -1))
          else if (column.kinds[step] === FLOAT) column.values[step] = -(column.values[step] as number)
        }
      },
    },
    target,
  )
}
