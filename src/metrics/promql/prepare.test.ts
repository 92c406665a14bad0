import { describe, expect, test } from 'vitest'
import { prepareQuery } from './prepare.ts'
import { parseQuery } from './syntax/parse.ts'
import { printExpr } from './syntax/print.ts'

const WINDOW = { startMs: 60_000, endMs: 120_000, stepMs: 15_000 }
const OPTIONS = { experimentalFunctions: true, durationExpressions: true }

function prepared(query: string): ReturnType<typeof prepareQuery> {
  return prepareQuery(parseQuery(query, OPTIONS), WINDOW)
}

describe('a query made ready', () => {
  test.each([
    ['up + time()', []],
    ['up + 1', ['1']],
    ['sum(up @ 30) / up', ['sum(up @ 30.000)']],
    ['rate(up[5m] @ end())', ['rate(up[5m] @ 120.000)']],
    ['predict_linear(up[5m] @ 30, 60)', ['60']],
    ['timestamp(up @ 30)', ['timestamp(up @ 30.000)']],
    ['max_over_time((up @ 30)[5m:1m])', ['(up @ 30.000)']],
  ])('%s: what is the same at every step is known', (query, expected) => {
    const once = [...prepared(query).invariants].map((expr) => printExpr(expr))
    expect(once).toEqual(expected)
  })

  test('has numbers for its own start, end, range and step', () => {
    expect(prepared('start() + end() + range() + step()').expr).toMatchObject({
      lhs: { lhs: { lhs: { value: 60 }, rhs: { value: 120 } }, rhs: { value: 60 } },
      rhs: { value: 15 },
    })
  })

  test('has its durations worked out', () => {
    expect(prepared('rate(up[1m * 2] offset (30s - 1m))').expr).toMatchObject({
      args: [{ rangeMs: 120_000, selector: { offsetMs: -30_000 } }],
    })
    expect(() => prepared('rate(up[1m - 2m])')).toThrow('duration must be greater than 0')
    expect(() => prepared('rate(up[1m / 0])')).toThrow('division by zero')
  })
})
