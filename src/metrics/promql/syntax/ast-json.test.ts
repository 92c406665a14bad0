import { describe, expect, test } from 'vitest'
import { astToJson } from './ast-json.ts'
import { parseQuery } from './parse.ts'

const UP = {
  type: 'vectorSelector',
  name: 'up',
  offset: 0,
  offsetExpr: null,
  matchers: [{ name: '__name__', value: 'up', type: '=' }],
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
}

describe('a query as JSON', () => {
  test.each([
    ['up', UP],
    ['up offset 5m @ 1.5', { ...UP, offset: 300_000, timestamp: 1500 }],
    ['up[5m] @ end()', { ...UP, type: 'matrixSelector', range: 300_000, rangeExpr: null, startOrEnd: 'end' }],
    ['-(up)', { type: 'unaryExpr', op: '-', expr: { type: 'parenExpr', expr: UP } }],
    ['1e3', { type: 'numberLiteral', val: '1000' }],
    ['"a"', { type: 'stringLiteral', val: 'a' }],
    [
      'up > bool 1',
      { type: 'binaryExpr', op: '>', lhs: UP, rhs: { type: 'numberLiteral', val: '1' }, matching: null, bool: true },
    ],
    [
      'up * on (job) group_left up',
      {
        type: 'binaryExpr',
        op: '*',
        lhs: UP,
        rhs: UP,
        matching: {
          card: 'many-to-one',
          labels: ['job'],
          on: true,
          include: [],
          fillValues: { lhs: null, rhs: null },
        },
        bool: false,
      },
    ],
    ['sum by (job) (up)', { type: 'aggregation', op: 'sum', expr: UP, param: null, grouping: ['job'], without: false }],
    [
      'round(up)',
      {
        type: 'call',
        func: { name: 'round', argTypes: ['vector', 'scalar'], variadic: 1, returnType: 'vector' },
        args: [UP],
      },
    ],
    [
      'up[1h:5m] offset -(5m)',
      {
        type: 'subquery',
        expr: UP,
        range: 3_600_000,
        rangeExpr: null,
        offset: 0,
        offsetExpr: {
          type: 'durationExpr',
          op: '-',
          lhs: null,
          rhs: {
            type: 'durationExpr',
            op: '+',
            lhs: null,
            rhs: { type: 'numberLiteral', val: '300', duration: true },
            wrapped: true,
          },
          wrapped: false,
        },
        step: 300_000,
        stepExpr: null,
        timestamp: null,
        startOrEnd: null,
      },
    ],
  ])('%s', (query, json) => {
    expect(astToJson(parseQuery(query, { durationExpressions: true }))).toEqual(json)
  })
})
