import { parseQuery } from '../../../src/metrics/promql/syntax/parse.ts'
import { printExpr } from '../../../src/metrics/promql/syntax/print.ts'
import { expectSame, type Oracle } from '../oracle.ts'

/** Queries of public dashboards and rules: they are read, pass the checks of types, and print as what they are. */
export const oracle: Oracle = {
  open:
    () =>
    ({ input }) => {
      const printed = printExpr(parseQuery(String(input['runnable'] ?? input['expr'])))
      expectSame('printed again', printExpr(parseQuery(printed)), printed)
    },
}
