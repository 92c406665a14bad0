import type { Expr, ValueType } from './ast.ts'
import { functionSignature } from './function-signatures.ts'

/** What an expression gives, as far as its form tells: enough for a query that was checked. */
export function valueType(expr: Expr): ValueType {
  switch (expr.type) {
    case 'NumberLiteral':
      return 'scalar'
    case 'StringLiteral':
      return 'string'
    case 'MatrixSelector':
    case 'SubqueryExpr':
      return 'matrix'
    case 'ParenExpr':
    case 'UnaryExpr':
      return valueType(expr.expr)
    case 'BinaryExpr':
      return valueType(expr.rhs) === 'scalar' && valueType(expr.lhs) === 'scalar' ? 'scalar' : 'vector'
    case 'Call':
      return functionSignature(expr.func)?.returnType ?? 'none'
    default:
      return 'vector'
  }
}

/** As the documentation calls it. */
export function documentedType(type: ValueType): string {
  if (type === 'vector') return 'instant vector'
  return type === 'matrix' ? 'range vector' : type
}
