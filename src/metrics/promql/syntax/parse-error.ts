import type { Position } from './ast.ts'
import { bytesOf } from './source.ts'

/** One thing that is wrong with a query. */
export interface QueryProblem {
  readonly message: string
  readonly pos: Position
}

/** A query that is none, in Prometheus' words. `problems` has all that was found, the message the first of it. */
export class ParseError extends Error {
  override readonly name = 'ParseError'
  readonly problems: readonly QueryProblem[]

  constructor(query: string, problems: readonly QueryProblem[]) {
    const [first] = problems
    super(
      first === undefined
        ? 'unexpected error'
        : `${lineAndColumn(query, first.pos.start)}: parse error: ${first.message}`,
    )
    this.problems = problems
  }
}

/** `2:15`: the line and the column, in bytes and from one, of an offset in a query. */
export function lineAndColumn(query: string, offset: number): string {
  if (query === '') return 'unknown position'
  const bytes = bytesOf(query)
  if (offset < 0 || offset > bytes.length) return 'invalid position'
  const before = bytes.slice(0, offset)
  const lines = before.split('\n').length
  return `${lines}:${offset - before.lastIndexOf('\n')}`
}
