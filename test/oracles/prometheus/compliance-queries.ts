import { ParseError } from '../../../src/metrics/promql/syntax/parse-error.ts'
import { parseQuery } from '../../../src/metrics/promql/syntax/parse.ts'
import type { Oracle } from '../oracle.ts'

/** Whether the queries of the compliance tests are queries at all; what they answer needs the series that they ask for. */
export const oracle: Oracle = {
  open:
    () =>
    ({ input, expect }) => {
      try {
        parseQuery(String(input['expr']))
      } catch (failure) {
        if (!(failure instanceof ParseError) || expect['should_fail'] !== true) throw failure
      }
    },
}
