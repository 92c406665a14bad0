import { expect, test } from 'vitest'
import { printMatcher } from '../../model/matcher.ts'
import { parseQuery } from './parse.ts'
import { selectorsOf, walk } from './walk.ts'

test('every node is visited before its parts, with what it lies in', () => {
  const seen: string[] = []
  walk(parseQuery('topk(2, rate(up[5m])) + -(max_over_time(down[1h:]))'), ({ type }, path) => {
    seen.push([...path.map((outer) => outer.type), type].join(' > '))
  })
  expect(seen).toEqual([
    'BinaryExpr',
    'BinaryExpr > AggregateExpr',
    'BinaryExpr > AggregateExpr > Call',
    'BinaryExpr > AggregateExpr > Call > MatrixSelector',
    'BinaryExpr > AggregateExpr > Call > MatrixSelector > VectorSelector',
    'BinaryExpr > AggregateExpr > NumberLiteral',
    'BinaryExpr > UnaryExpr',
    'BinaryExpr > UnaryExpr > ParenExpr',
    'BinaryExpr > UnaryExpr > ParenExpr > Call',
    'BinaryExpr > UnaryExpr > ParenExpr > Call > SubqueryExpr',
    'BinaryExpr > UnaryExpr > ParenExpr > Call > SubqueryExpr > VectorSelector',
  ])
})

test('selectors are told from left to right', () => {
  const selectors = selectorsOf(parseQuery('up{job="a"} / on () rate({"b"}[5m])'))
  expect(selectors.map((matchers) => matchers.map(printMatcher))).toEqual([
    ['job="a"', '__name__="up"'],
    ['__name__="b"'],
  ])
})
