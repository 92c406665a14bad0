import { assert as check, constantFrom, letrec, oneof, property, tuple, type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { parseQuery } from './parse.ts'
import { prettyPrint } from './pretty-print.ts'
import { printExpr } from './print.ts'

/** Queries whose parts have the types that they need. */
function queries(): Arbitrary<string> {
  const { vector } = letrec<{ vector: string; scalar: string; matrix: string }>((tie) => ({
    vector: oneof(
      { maxDepth: 5, withCrossShrink: true },
      constantFrom('up', 'up{job="a"}', '{"k8s.pod"=~"a|b"}', 'up @ start()', 'up offset -5m', 'sum', 'vector(1)'),
      tuple(tie('vector'), vectorOperator, tie('vector')).map(
        ([lhs, operator, rhs]) => `(${lhs}) ${operator} (${rhs})`,
      ),
      tuple(tie('scalar'), constantFrom('+', '-', '*', '^', '> bool'), tie('vector')).map(
        ([lhs, operator, rhs]) => `${lhs} ${operator} (${rhs})`,
      ),
      tuple(constantFrom('sum', 'avg by (job, "a b")', 'max without ()'), tie('vector')).map(
        ([op, of]) => `${op} (${of})`,
      ),
      tuple(constantFrom('topk', 'quantile by (job)'), tie('scalar'), tie('vector')).map(
        ([op, param, of]) => `${op} (${param}, ${of})`,
      ),
      tuple(constantFrom('rate', 'max_over_time'), tie('matrix')).map(([func, of]) => `${func}(${of})`),
      tuple(constantFrom('-', '+', ''), tie('vector')).map(([sign, of]) => `${sign}(${of})`),
    ),
    scalar: oneof(
      { maxDepth: 3 },
      constantFrom('1', '-2.5e9', '5m', 'time()', '0x1f', '-1h', 'NaN'),
      tuple(tie('scalar'), constantFrom('+', '%', 'atan2', '== bool'), tie('scalar')).map((parts) => parts.join(' ')),
      tie('scalar').map((inner) => `(${inner})`),
      tie('vector').map((inner) => `scalar(${inner})`),
    ),
    matrix: oneof(
      { maxDepth: 3 },
      constantFrom('up[5m]', 'up{job!~"x.*"}[90s] offset 1d', 'up[1d] @ 1.5'),
      tuple(tie('vector'), constantFrom('[1h:]', '[1h:1m] offset 5m', '[90:15] @ end()')).map(
        ([of, times]) => `(${of})${times}`,
      ),
    ),
  }))
  return vector
}

const vectorOperator = constantFrom('and', 'or', '+ on (job) group_left (node)', '> bool ignoring (a)', 'unless on ()')

test('a query that was printed is the same query', () => {
  check(
    property(queries(), (query) => {
      const printed = printExpr(parseQuery(query))
      expect(printExpr(parseQuery(printed))).toBe(printed)
      for (const width of [1, 30, 100]) {
        expect(printExpr(parseQuery(prettyPrint(parseQuery(query), width)))).toBe(printed)
      }
    }),
    { numRuns: 300 },
  )
})
