/** The other ways in which a script's instant query must give the same: with its time pinned, at other times, as a range. */
import { TIME_DEPENDENT } from '../../../src/metrics/promql/prepare.ts'
import type { Expr, SubqueryExpr, VectorSelector } from '../../../src/metrics/promql/syntax/ast.ts'
import { printExpr } from '../../../src/metrics/promql/syntax/print.ts'
import { walk } from '../../../src/metrics/promql/syntax/walk.ts'

export interface Variant {
  readonly query: string
  readonly atMs: number
}

/** `start()`, `end()`, `range()` and `step()` mean something else in a range query. */
export const CONTEXT_FUNCTIONS = /(?:start|end|range|step)\(\)/

/** The query with `@ atMs` on all its selectors, at five other times. None when it depends on the time otherwise. */
export function pinnedVariants(expr: Expr, atMs: number): readonly Variant[] {
  let isTimeDependent = false
  walk(expr, (node) => {
    if (node.type === 'Call' && TIME_DEPENDENT.has(node.func)) isTimeDependent = true
  })
  if (isTimeDependent) return []
  const query = printExpr(pinned(expr, atMs))
  const times = atMs === 0 ? [-1_000, 0, 1_000] : [-10 * atMs, 0, Math.trunc(atMs / 5), atMs, 10 * atMs]
  return times.map((time) => ({ query, atMs: time }))
}

function pinned(expr: Expr, atMs: number): Expr {
  switch (expr.type) {
    case 'VectorSelector':
      return withAt(expr, atMs)
    case 'MatrixSelector':
      return { ...expr, selector: withAt(expr.selector, atMs) }
    case 'SubqueryExpr':
      // What is inside a pinned subquery moves with the subquery.
      return withAt(expr, atMs)
    case 'ParenExpr':
    case 'UnaryExpr':
      return { ...expr, expr: pinned(expr.expr, atMs) }
    case 'BinaryExpr':
      return { ...expr, lhs: pinned(expr.lhs, atMs), rhs: pinned(expr.rhs, atMs) }
    case 'AggregateExpr': {
      const param = expr.param === undefined ? {} : { param: pinned(expr.param, atMs) }
      return { ...expr, expr: pinned(expr.expr, atMs), ...param }
    }
    case 'Call':
      return { ...expr, args: expr.args.map((argument) => pinned(argument, atMs)) }
    default:
      return expr
  }
}

/** `start()` and `end()` are replaced as well: upstream's check sees no time in them. */
function withAt<Node extends VectorSelector | SubqueryExpr>(node: Node, atMs: number): Node {
  return typeof node.at === 'number' ? node : { ...node, at: atMs }
}
