import type { Expr } from './ast.ts'
import { printAggregation, printExpr, printOperator, printSubqueryTimes } from './print.ts'
import { bytesOf } from './source.ts'

const INDENT = '  '

/** A query over several lines where one would be longer than so many bytes (promql/parser/prettier.go). */
export function prettyPrint(expr: Expr, maxCharacters = 100): string {
  return new PrettyPrinter(maxCharacters).print(expr, 0)
}

class PrettyPrinter {
  readonly #maxCharacters: number

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters
  }

  print(expr: Expr, level: number): string {
    const indent = INDENT.repeat(level)
    // A sign stays with what it belongs to, however long that is.
    if (expr.type === 'UnaryExpr') return indent + expr.op + this.print(expr.expr, level).trim()
    const line = printExpr(expr)
    if (bytesOf(line).length <= this.#maxCharacters) return expr.type === 'SubqueryExpr' ? line : indent + line
    switch (expr.type) {
      case 'AggregateExpr': {
        const param = expr.param === undefined ? '' : `${this.print(expr.param, level + 1)},\n`
        return `${indent}${printAggregation(expr)}(\n${param}${this.print(expr.expr, level + 1)}\n${indent})`
      }
      case 'BinaryExpr': {
        const operator = `${indent}${printOperator(expr)}`
        return `${this.print(expr.lhs, level + 1)}\n${operator}\n${this.print(expr.rhs, level + 1)}`
      }
      case 'Call': {
        const args = expr.args.map((arg) => this.print(arg, level + 1)).join(',\n')
        return `${indent}${expr.func}(\n${args}\n${indent})`
      }
      case 'ParenExpr':
        return `${indent}(\n${this.print(expr.expr, level + 1)}\n${indent})`
      case 'SubqueryExpr':
        return this.print(expr.expr, level) + printSubqueryTimes(expr)
      default:
        return indent + line
    }
  }
}
