import { describe, expect, test } from 'vitest'
import { parseQuery } from './parse.ts'
import { prettyPrint } from './pretty-print.ts'
import { printExpr } from './print.ts'

const EVERYTHING = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
}

describe('a query on one line', () => {
  test.each([
    ['sum   by(job)(up)', 'sum by (job) (up)'],
    ['sum(up)without(pod,"k8s.ns")', 'sum without (pod, "k8s.ns") (up)'],
    ['sum by () (up)', 'sum(up)'],
    ['topk(3,up)by(zone)', 'topk by (zone) (3, up)'],
    ['up{ z="1",a=~"x|y" , }', 'up{a=~"x|y",z="1"}'],
    ['{__name__="up"}', '{__name__="up"}'],
    ['{"up"}', '{__name__="up"}'],
    ['{"k8s.pod"="a\\n"}', '{"k8s.pod"="a\\n"}'],
    ['up{a="\\xff\\xe2\\x98\\x95"}', 'up{a="\\xff☕"}'],
    ['a+on(x)group_left b', 'a + on (x) group_left () b'],
    ['a*ignoring(x)group_right(y)b', 'a * ignoring (x) group_right (y) b'],
    ['a and ignoring() b', 'a and b'],
    ['a/on()b', 'a / on () b'],
    ['a<bool 1', 'a < bool 1'],
    ['a + fill_left(1) fill_right(1) b', 'a + fill (1) b'],
    ['a + fill_right(1e9) b', 'a + fill_right (1e+09) b'],
    ['up offset 90m', 'up offset 1h30m'],
    ['up offset -1w', 'up offset -1w'],
    ['up[3600]@start()offset 1d', 'up[1h] @ start() offset 1d'],
    ['max_over_time(up[1h:]@1.5)', 'max_over_time(up[1h:] @ 1.500)'],
    ['up[1h:90s]', 'up[1h:1m30s]'],
    ['up[1h]anchored', 'up[1h] anchored'],
    ['up offset 1m smoothed @ end()', 'up @ end() smoothed offset 1m'],
    ['up[(1m)*2]', 'up[(1m) * 2]'],
    ['up[min_of(step(),-range()+1)]', 'up[min_of(step(), -range() + 1)]'],
    ['up offset -(5m)', 'up offset -(5m)'],
    ['-(1+-up)', '-(1 + -up)'],
    ['1e3+0x10+1e-7', '1000 + 16 + 0.0000001'],
    ['NaN+Inf-  Inf', 'NaN + +Inf - +Inf'],
    ['1h + -90s', '1h + -1m30s'],
    ['label_join(up,\'a\',`b`,"c\\t")', 'label_join(up, "a", "b", "c\\t")'],
    ['time()', 'time()'],
  ])('%s', (query, printed) => {
    const once = printExpr(parseQuery(query, EVERYTHING))
    expect(once).toBe(printed)
    expect(printExpr(parseQuery(once, EVERYTHING))).toBe(printed)
  })
})

describe('a query over several lines', () => {
  const query =
    'histogram_quantile(0.99, sum by (le) (rate(request_duration_seconds_bucket{job="checkout"}[5m]))) > on (job) (limit + 1)'

  test('is broken where a part is too long, operators on a line of their own', () => {
    expect(`\n${prettyPrint(parseQuery(query), 60)}\n`).toBe(`
  histogram_quantile(
    0.99,
    sum by (le) (
      rate(request_duration_seconds_bucket{job="checkout"}[5m])
    )
  )
> on (job)
  (limit + 1)
`)
  })

  test('stays on one line where there is room', () => {
    expect(prettyPrint(parseQuery(query), 200)).toBe(query)
  })

  test.each([
    ['-sum(aaaaaaaaaa)', '-sum(\n  aaaaaaaaaa\n)'],
    ['topk(3, aaaaaaaaaa)', 'topk(\n  3,\n  aaaaaaaaaa\n)'],
    ['(aaaaaaaaaa)', '(\n  aaaaaaaaaa\n)'],
    ['(aaaaaa + b)[5m:]', '(\n  aaaaaa + b\n)[5m:]'],
  ])('%s', (text, printed) => {
    expect(prettyPrint(parseQuery(text), 10)).toBe(printed)
  })

  test('is the same query', () => {
    for (const width of [5, 20, 60]) {
      expect(printExpr(parseQuery(prettyPrint(parseQuery(query), width)))).toBe(printExpr(parseQuery(query)))
    }
  })
})
