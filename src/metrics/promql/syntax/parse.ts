import type { Matcher } from '../../model/matcher.ts'
import type { Expr } from './ast.ts'
import { checkTypes } from './check-types.ts'
import { parseVectorSelector } from './parse-selector.ts'
import { QueryParser } from './query-parser.ts'
import type { QueryOptions } from './query-options.ts'
import { TokenStream } from './token-stream.ts'
import { isMetricName } from './tokens.ts'

/** Reads a query and checks its types. Throws a ParseError. */
export function parseQuery(query: string, options: QueryOptions = {}): Expr {
  const tokens = new TokenStream(query)
  return tokens.finish(() => {
    if (tokens.peek().type === 'end of input') {
      tokens.report({ start: 0, end: 0 }, 'no expression found in input')
      return undefined
    }
    const expr = new QueryParser(tokens, options).expression()
    tokens.expect('end of input')
    if (!tokens.hasProblems) checkTypes(expr, tokens)
    return expr
  })
}

/** Reads what selects series, `up{job=~"node|kubelet"}`, as in the HTTP API's `match[]`. Throws a ParseError. */
export function parseSelector(text: string): readonly Matcher[] {
  const tokens = new TokenStream(text)
  return tokens.finish(() => {
    const { type } = tokens.peek()
    if (!isMetricName(type) && type !== '{') tokens.fail()
    const { matchers } = parseVectorSelector(tokens, type === '{' ? undefined : tokens.next())
    tokens.expect('end of input')
    return matchers
  })
}
