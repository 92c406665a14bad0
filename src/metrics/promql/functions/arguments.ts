import type { Call, Expr } from '../syntax/ast.ts'

/** An argument that the parser made sure is there. */
export function argument({ func, args }: Call, index: number): Expr {
  const found = args[index]
  if (found === undefined) throw new TypeError(`${func} is called with too few arguments`)
  return found
}

/** An argument that the parser made sure is a text. */
export function textArgument(call: Call, index: number): string {
  const found = argument(call, index)
  if (found.type !== 'StringLiteral') throw new TypeError(`argument ${index} of ${call.func} is no string`)
  return found.value
}
