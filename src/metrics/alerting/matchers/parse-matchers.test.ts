import { describe, expect, test } from 'vitest'
import { alertMatcher, matchesAll, printMatchers } from './alert-matcher.ts'
import { isValidLabelName, parseMatcher, parseMatchers } from './parse-matchers.ts'

describe('matchers', () => {
  test.each([
    ['', '{}'],
    ['{}', '{}'],
    ['stall="dosa"', '{stall="dosa"}'],
    ['{stall=dosa, town!="Pune",}', '{stall="dosa",town!="Pune"}'],
    ['stall=~"dosa|chaat",kind!~sweet.*', '{stall=~"dosa|chaat",kind!~"sweet.*"}'],
    ['"stall name"="a \\"b\\""', '{"stall name"="a \\"b\\""}'],
    ['डोसा=गरम', '{डोसा="गरम"}'],
    // Only the old syntax has these.
    ['path=/a,b=', '{path="/a",b=""}'],
    ['a=b\\n', '{a="b\\n"}'],
  ])('%s', (text, printed) => {
    expect(printMatchers(parseMatchers(text))).toBe(printed)
  })

  test.each([
    ['{stall=dosa', 'utf8', '0:11: end of input: expected close brace'],
    ['stall', 'utf8', "end of input: expected an operator such as '=', '!=', '=~' or '!~'"],
    ['="x"', 'utf8', '0:1: unexpected =: expected label name'],
    ['a="x', 'utf8', '2:4: "x: missing end "'],
    ['a=~"("', 'utf8', /^failed to create matcher: /],
    ['stall name=x', 'classic', 'bad matcher format: stall name=x'],
    ['a=b"c', 'classic', 'matcher value contains unescaped double quote: b"c'],
    ['a=b"c', 'fallback', 'matcher value contains unescaped double quote: b"c'],
  ] as const)('%s is none (%s)', (text, mode, message) => {
    expect(() => parseMatchers(text, mode)).toThrow(message)
  })

  test('one matcher stands without braces', () => {
    expect(parseMatcher('a=b')).toMatchObject({ name: 'a', op: '=', value: 'b' })
    expect(() => parseMatcher('{a=b}')).toThrow('unexpected open or close brace: {a=b}')
  })

  test('a pattern is for the whole value, and a label that is not there is empty', () => {
    const matchers = [alertMatcher('stall', '=~', 'do.a'), alertMatcher('town', '=', '')]
    expect(matchesAll(matchers, { stall: 'dosa' })).toBe(true)
    expect(matchesAll(matchers, { stall: 'dosas' })).toBe(false)
    expect(matchesAll(matchers, { stall: 'dosa', town: 'Pune' })).toBe(false)
  })

  test('names are any text, unless the old syntax is asked for', () => {
    expect([isValidLabelName('डोसा'), isValidLabelName('डोसा', 'classic'), isValidLabelName('')]).toEqual([
      true,
      false,
      false,
    ])
  })
})
