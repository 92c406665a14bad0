import type { Matcher } from '../../model/matcher.ts'
import type { Expr } from './ast.ts'

/** The parts that an expression is made of, in the order in which Prometheus visits them. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'AggregateExpr':
      return expr.param === undefined ? [expr.expr] : [expr.expr, expr.param]
    case 'BinaryExpr':
      return [expr.lhs, expr.rhs]
    case 'Call':
      return expr.args
    case 'SubqueryExpr':
    case 'ParenExpr':
    case 'UnaryExpr':
      return [expr.expr]
    case 'MatrixSelector':
      return [expr.selector]
    default:
      return []
  }
}

/** Shows every node to `visit`, each before its parts, with what it lies in from the outermost on. */
export function walk(expr: Expr, visit: (expr: Expr, path: readonly Expr[]) => void, path: readonly Expr[] = []): void {
  visit(expr, path)
  const inside = [...path, expr]
  for (const child of childrenOf(expr)) walk(child, visit, inside)
}

/** The conditions of every selector in a query, from left to right. */
export function selectorsOf(expr: Expr): readonly (readonly Matcher[])[] {
  const selectors: (readonly Matcher[])[] = []
  walk(expr, (node) => {
    if (node.type === 'VectorSelector') selectors.push(node.matchers)
  })
  return selectors
}
