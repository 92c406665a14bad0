import { assert as check, array, constantFrom, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printMatcher } from '../../model/matcher.ts'
import type { Expr } from './ast.ts'
import { ParseError } from './parse-error.ts'
import { parseQuery, parseSelector } from './parse.ts'
import type { QueryOptions } from './query-options.ts'

const EVERYTHING: QueryOptions = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
}

/** A query with every operation in brackets, so that one sees what belongs to what. */
function shape(expr: Expr): string {
  switch (expr.type) {
    case 'NumberLiteral':
      return String(expr.value)
    case 'StringLiteral':
      return JSON.stringify(expr.value)
    case 'VectorSelector':
      return expr.matchers.map(printMatcher).join(',')
    case 'MatrixSelector':
      return `${shape(expr.selector)}[${expr.rangeMs}]`
    case 'SubqueryExpr':
      return `${shape(expr.expr)}[${expr.rangeMs}:${expr.stepMs}]`
    case 'ParenExpr':
      return shape(expr.expr)
    case 'UnaryExpr':
      return `(${expr.op}${shape(expr.expr)})`
    case 'BinaryExpr':
      return `(${shape(expr.lhs)} ${expr.op} ${shape(expr.rhs)})`
    case 'AggregateExpr':
      return `${expr.op}{${expr.grouping.join()}}(${expr.param === undefined ? '' : `${shape(expr.param)}; `}${shape(expr.expr)})`
    case 'Call':
      return `${expr.func}(${expr.args.map(shape).join('; ')})`
  }
}

function parsed(query: string): string {
  return shape(parseQuery(query, EVERYTHING)).replaceAll(/__name__="(\w+)"/g, '$1')
}

describe('operators', () => {
  test.each([
    ['1 + 2 * 3 - 4', '((1 + (2 * 3)) - 4)'],
    ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
    ['-a ^ 2', '(-(a ^ 2))'],
    ['-a * b', '((-a) * b)'],
    ['a ^ -b * c', '((a ^ (-b)) * c)'],
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a > bool b == bool c + 1', '((a > b) == (c + 1))'],
    ['a atan2 b % c', '((a atan2 b) % c)'],
    ['h </ 0.5 >/ 0.1', '((h </ 0.5) >/ 0.1)'],
    ['(a + b) * c', '((a + b) * c)'],
    ['--1', '1'],
    ['-+a', '(-(+a))'],
    ['a - rate(b[5m] offset 1m) > 0', '((a - rate(b[300000])) > 0)'],
  ])('%s', (query, expected) => {
    expect(parsed(query)).toBe(expected)
  })
})

describe('literals', () => {
  test.each([
    ['42', 42],
    ['.5', 0.5],
    ['1_000', 1000],
    ['0x1F', 31],
    ['017', 15],
    ['089', 89],
    ['2.5e-3', 0.0025],
    ['-Inf', -Infinity],
    ['nAn', Number.NaN],
    ['1h30m', 5400],
    ['250ms', 0.25],
    ['9223372036854775807', 2 ** 63],
    ['99999999999999999999', 1e20],
  ])('%s is a number', (query, value) => {
    const expr = parseQuery(query)
    expect(expr.type === 'NumberLiteral' && Object.is(expr.value, value)).toBe(true)
  })

  test.each([
    ['"tab\\t and \\"quote\\""', 'tab\t and "quote"'],
    ["'single \\' \\x41 \\101 \\u0905 \\U0001F375'", "single ' A A अ 🍵"],
    ['`raw \\n\n`', 'raw \\n\n'],
    ['"\\xe0\\xa4\\x85"', 'अ'],
  ])('%s is a string', (query, value) => {
    expect(parseQuery(query)).toMatchObject({ type: 'StringLiteral', value })
  })
})

describe('selectors', () => {
  test.each([
    ['up', 'up'],
    ['job:up:rate5m{}', '__name__="job:up:rate5m"'],
    ['{job="node", instance!~`a|b`,}', 'job="node",instance!~"a|b"'],
    ['{"चाय.total", "a b"=~"x"}', '__name__="चाय.total","a b"=~"x"'],
    ['sum{by="without"}', 'by="without",sum'],
    ['by', 'by'],
    ['offset offset 5m', 'offset'],
    ['fill + fill', '(fill + fill)'],
    ['# why\nup # what\n', 'up'],
    ['avg by (on, "a b", bool) (up)', 'avg{on,a b,bool}(up)'],
    ['topk(3, up) without (pod,)', 'topk{pod}(3; up)'],
    ['count_values("v", up)', 'count_values{}("v"; up)'],
  ])('%s', (query, expected) => {
    expect(parsed(query)).toBe(expected)
  })

  test('take times before or after one another', () => {
    const pos = { start: 0, end: 38 }
    const expected = { type: 'VectorSelector', name: 'up', offsetMs: -300_000, at: 1_700_000_000_500, pos }
    expect(parseQuery('up offset -5m          @ 1700000000.5')).toMatchObject({
      ...expected,
      pos: { start: 0, end: 37 },
    })
    expect(parseQuery('up @ 1700000000.5          offset -5m ')).toMatchObject({
      ...expected,
      pos: { start: 0, end: 37 },
    })
  })

  test('of a range keep their times in the selector', () => {
    expect(parseQuery('up[1h] @ end() offset 1d')).toMatchObject({
      type: 'MatrixSelector',
      rangeMs: 3_600_000,
      selector: { at: 'end', offsetMs: 86_400_000, pos: { start: 0, end: 2 } },
      pos: { start: 0, end: 24 },
    })
  })

  test('take ranges and steps as numbers of seconds', () => {
    expect(parseQuery('up[90:0.5]')).toMatchObject({ rangeMs: 90_000, stepMs: 500 })
  })

  test('positions count bytes', () => {
    expect(parseQuery('{"चाय"} + up')).toMatchObject({
      lhs: { pos: { start: 0, end: 13 } },
      rhs: { pos: { start: 16, end: 18 } },
    })
  })
})

describe('vector matching', () => {
  test.each([
    ['a + b', { card: 'one-to-one', on: false, labels: [], include: [] }],
    [
      'a * on (pod, "k8s.ns") group_left (node) b',
      { card: 'many-to-one', on: true, labels: ['pod', 'k8s.ns'], include: ['node'] },
    ],
    ['a * ignoring (pod) group_right b', { card: 'one-to-many', on: false, labels: ['pod'], include: [] }],
    ['a and on () b', { card: 'many-to-many', on: true, labels: [], include: [] }],
    ['a + fill (0) b', { card: 'one-to-one', fillLeft: 0, fillRight: 0 }],
    ['a + on (x) fill_right (-1) fill_left (5m) b', { on: true, fillLeft: 300, fillRight: -1 }],
  ])('%s', (query, matching) => {
    expect(parseQuery(query, EVERYTHING)).toMatchObject({ matching })
  })

  test('is left out where a side is a scalar', () => {
    expect(parseQuery('a + 1')).not.toHaveProperty('matching')
  })
})

describe('durations that are computed', () => {
  test.each([
    ['up[5m * 2 + 1]', { rangeMs: 0, rangeExpr: { op: '+', lhs: { op: '*' }, rhs: { value: 1 } } }],
    ['up[max_of(step(), 1m)]', { rangeExpr: { op: 'max', lhs: { op: 'step' }, rhs: { value: 60 } } }],
    ['up offset -(1m)', { offsetExpr: { op: '-', rhs: { op: '+', isWrapped: true } } }],
    ['up offset (1m + 1m) * 2', { offsetExpr: { op: '*', lhs: { op: '+', isWrapped: true } } }],
    ['up offset step() * 2', { op: '*', lhs: { offsetExpr: { op: 'step' } } }],
    ['up offset 1m ^ 2', { op: '^', lhs: { offsetMs: 60_000 } }],
  ])('%s', (query, expected) => {
    expect(parseQuery(query, EVERYTHING)).toMatchObject(expected)
  })
})

function problems(query: string, options: QueryOptions = EVERYTHING): readonly string[] {
  try {
    parseQuery(query, options)
  } catch (failure) {
    if (!(failure instanceof ParseError)) throw failure
    return failure.problems.map(({ message, pos }) => `${pos.start}-${pos.end} ${message}`)
  }
  return []
}

describe('what is wrong is told in the words of Prometheus', () => {
  test.each([
    ['', ['0-0 no expression found in input']],
    ['up +', ['4-4 unexpected end of input']],
    ['up down', ['3-7 unexpected identifier "down"']],
    ['sum(up down)', ['7-11 unexpected identifier "down" in aggregation']],
    ['sum by up (x)', ['7-9 unexpected identifier "up" in grouping opts, expected "("']],
    ['sum by (without) (x)', ['8-15 unexpected <without> in grouping opts, expected label']],
    ['up{job}', ['6-7 unexpected "}" in label matching, expected label matching operator']],
    ['up{job=node}', ['7-11 unexpected identifier "node" in label matching, expected string']],
    ['up{job="a" job="b"}', ['11-14 unexpected identifier "job" in label matching, expected "," or "}"']],
    ['up{job=~"("}', ['3-11 error parsing regexp: missing closing ): `(`']],
    ['up[', ['3-3 unexpected end of input in duration expression']],
    ['up[5m', ['5-5 unclosed left bracket']],
    ['up[5m 5m]', ['6-8 unexpected duration "5m" in subquery or range, expected ":" or "]"']],
    ['up[5m:1m:1m]', ["8-12 unexpected colon ':'"]],
    ['up[0]', ['3-4 duration must be greater than 0']],
    ['up[1m1h]', ['3-7 not a valid duration string: "1m1h"', '3-7 duration must be greater than 0']],
    ['up offset x', ['10-11 unexpected identifier "x" in offset, expected number, duration, step(), or range()']],
    ['up @ x', ['5-6 unexpected identifier "x" in @, expected timestamp']],
    ['up @ 1 @ 2', ['0-6 @ <timestamp> may not be set multiple times']],
    ['up offset 1m offset 2m', ['0-12 offset may not be set multiple times']],
    ['rate(up)', ['5-7 expected type range vector in call to function "rate", got instant vector']],
    ['rate()', ['0-6 expected 1 argument(s) in call to "rate", got 0']],
    ['round(up, 1, 2)', ['0-15 expected at most 2 argument(s) in call to "round", got 3']],
    ['brew(up)', ['0-4 unknown function with name "brew"']],
    ['sum("x")', ['4-7 expected type instant vector in aggregation expression, got string']],
    ['topk(up, up)', ['5-7 expected type scalar in aggregation parameter, got instant vector']],
    ['-"x"', ['0-4 unary expression only allowed on expressions of type scalar or instant vector, got "string"']],
    ['1 < 2', ['2-2 comparisons between scalars must use BOOL modifier']],
    ['up + bool up', ['3-8 bool modifier can only be used on comparison operators']],
    ['{}', ['0-2 vector selector must contain at least one non-empty matcher']],
    ['up{__name__="down"}', ['0-19 metric name must not be set twice: "up" or "down"']],
    ['up[5m] + 1', ['0-6 binary expression must contain only scalar and instant vector types']],
    ['"unfinished', ['0-11 unterminated quoted string']],
    ['"\\q"', ["0-4 unknown escape sequence U+0071 'q'"]],
    ['up $ 1', ["3-6 unexpected character: '$'"]],
    ['अ', ["0-3 unexpected character: 'अ'"]],
    ['(up', ['3-3 unclosed left parenthesis']],
    ['up{}[5m] up', ['9-11 unexpected identifier "up"']],
    ['rate(up[5m],)', ['11-12 trailing commas not allowed in function call args']],
    ['sum()', ['0-5 no arguments for aggregate expression provided']],
    ['topk(up)', ['0-8 wrong number of arguments for aggregate expression provided, expected 2, got 1']],
    ['label_join(up)', ['0-14 expected at least 3 argument(s) in call to "label_join", got 1']],
    [
      'up and on (x) group_left up',
      ['0-27 no grouping allowed for "and" operation', '0-27 set operations must always be many-to-many'],
    ],
    ['up or 1', ['0-7 set operator "or" not allowed in binary scalar expression']],
    ['up + on (x) 1', ['0-13 vector matching only allowed between instant vectors']],
    ['up * on (x) group_left (x) up', ['3-25 label "x" must not occur in ON and GROUP clause at once']],
    ['up + fill (0) 1', ['0-15 filling in missing series only allowed between instant vectors']],
    ['up and fill (0) up', ['0-18 filling in missing series not allowed for set operators']],
    [
      'info(up, 1)',
      [
        '0-11 expected type instant vector in call to function "info", got scalar',
        '9-10 expected label selectors only',
        '9-10 expected type instant vector in call to function "info", got scalar',
      ],
    ],
    ['info(up, up)', ['9-11 expected label selectors only, got vector selector instead']],
    ['info(up, {})', []],
    ['up[1m % 0]', ['6-7 modulo by zero', '0-0 duration must be greater than 0']],
    ['up offset -9.9e10', ['10-11 duration out of range']],
    ['up @ 1e30', ['0-2 timestamp out of bounds for @ modifier: 1000000000000000019884624838656.000000']],
    ['1 @ 5', ['0-1 @ modifier must be preceded by an instant vector selector or range vector selector or a subquery']],
    ['(up)[5m]', ['4-8 ranges only allowed for vector selectors']],
    [
      '(up)[5m] offset 1m',
      ['4-8 ranges only allowed for vector selectors', '0-8 ranges only allowed for vector selectors'],
    ],
    ['up offset 1m[5m]', ['12-16 no offset modifiers allowed before range']],
    ['up @ end()[5m]', ['10-14 no @ modifiers allowed before range']],
    ['up[5m:1m] anchored', ['0-9 anchored modifier is not supported for subqueries']],
    ['sum(up) smoothed', ['0-7 smoothed modifier not implemented']],
    ['up[5m] anchored smoothed', ['0-6 anchored and smoothed modifiers cannot be used together']],
    ['up[:5m]', ['4-7 unexpected colon before duration in duration expression']],
    ['up[5m]]', ["6-7 unexpected right bracket ']'"]],
    ['up[5m[', ["5-6 unexpected left bracket '['"]],
    ['up[5m:x]', ["6-8 unexpected character: 'x', expected ':'"]],
    ['up{{', ["3-4 unexpected left brace '{'"]],
    ['up{a!b}', ["4-7 unexpected character after '!' inside braces: 'b'"]],
    ['up ! up', ["3-7 unexpected character after '!': ' '"]],
    ['5mm', ['0-3 bad number or duration syntax: "5mm"']],
    ['1_', ['0-2 bad number or duration syntax: "1_"']],
    ['"\\x4"', ["0-5 illegal character U+0022 '\"' in escape sequence"]],
    ['"\\ud800"', ['0-8 escape sequence is an invalid Unicode code point']],
    ['"\\', ['0-2 escape sequence not terminated']],
    ['`raw', ['0-4 unterminated raw string']],
    ['"\ufffd"', ['0-5 invalid UTF-8 rune']],
    ['sum by ("") (up)', ['8-10 invalid label name for grouping: ""']],
    ['0x', ['0-2 error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax']],
  ])('%s', (query, expected) => {
    expect(problems(query)).toEqual(expected)
  })

  test('with the line and the column of the first problem', () => {
    expect(() => parseQuery('sum(\n  rate(up)\n)')).toThrow(
      '2:8: parse error: expected type range vector in call to function "rate", got instant vector',
    )
  })

  test('after an unexpected token nothing more is looked for, before it everything is', () => {
    expect(problems('brew(1) + chai(2) )')).toEqual([
      '0-4 unknown function with name "brew"',
      '10-14 unknown function with name "chai"',
      "19-19 unexpected right parenthesis ')'",
    ])
  })
})

describe('what is experimental is refused unless it was enabled', () => {
  test.each([
    [
      'limitk(1, up)',
      '0-13 limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    ],
    ['sort_by_label(up, "job")', '0-13 function "sort_by_label" is not enabled'],
    ['up[1m + 1m]', '3-5 experimental duration expression is not enabled'],
    ['up[1m] anchored', '0-6 anchored modifier is experimental and not enabled'],
    ['up smoothed', '0-2 smoothed modifier is experimental and not enabled'],
    ['up + fill (0) up', '0-16 binop fill modifiers are experimental and not enabled'],
  ])('%s', (query, problem) => {
    expect(problems(query, {})).toEqual([problem])
    expect(problems(query)).toEqual([])
  })
})

describe('whatever the text', () => {
  const WORDS =
    'up sum by rate ( ) { } [ ] 5m 1 "s" , = : - + ^ == =~ @ offset start step() bool on(x) group_left # \n ` \\ é and'

  test('a query is read or refused, and nothing else happens', () => {
    const soup = array(constantFrom(...WORDS.split(' '), ' '), { maxLength: 14 }).map((words) => words.join(' '))
    check(property(soup, isReadOrRefused), { numRuns: 2000 })
    check(property(string({ unit: 'binary', maxLength: 20 }), isReadOrRefused), { numRuns: 500 })
  })

  function isReadOrRefused(query: string): void {
    for (const parse of [() => parseQuery(query, EVERYTHING), () => parseSelector(query)]) {
      try {
        parse()
      } catch (failure) {
        expect(failure).toBeInstanceOf(ParseError)
      }
    }
  }

  test.each(['(', '-(', 'sum(', 'abs(', 'a ^ ', '- ', 'up[(', 'abs(sum(1 + '])(
    'depth without end is refused: %s…',
    (piece) => {
      expect(problems(piece.repeat(50_000)).at(-1)).toMatch(/nested too deeply|unclosed|unexpected/)
    },
  )

  test('a chain without end is refused', () => {
    expect(problems(`a${' + a'.repeat(50_000)}`).at(-1)).toMatch(/nested too deeply: more than 500 levels/)
    expect(problems(`a[1${'+1'.repeat(50_000)}]`).at(-1)).toMatch(/nested too deeply/)
  })

  test('as deep as is allowed can be read', () => {
    expect(problems(`${'abs('.repeat(498)}up${')'.repeat(498)}`)).toEqual([])
    expect(problems(`up${' + up'.repeat(498)}`)).toEqual([])
  })

  test('subqueries of subqueries are refused one by one', () => {
    expect(problems(`up${'[5m:1m]'.repeat(5000)}`)).toHaveLength(4999)
  })
})

describe('parseSelector', () => {
  test('reads what selects series', () => {
    expect(parseSelector('up{job=~"a|b"}').map(printMatcher)).toEqual(['job=~"a|b"', '__name__="up"'])
    expect(parseSelector(' {} ')).toEqual([])
  })

  test.each([
    ['up[5m]', '1:3: parse error: unexpected "["'],
    ['1', '1:1: parse error: unexpected number "1"'],
    ['up{', '1:4: parse error: unexpected end of input inside braces'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSelector(text)).toThrow(message)
  })
})
