import { assert as check, array, constantFrom, property, string, tuple, type Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePattern } from '../../api/cel/patterns.ts'
import { RegexError } from './matcher-regex.ts'
import { matcher, printMatcher } from './matcher.ts'

describe('equality', () => {
  test('a label that is not there is an empty one', () => {
    expect(matcher('env', '=', '').matches('')).toBe(true)
    expect(matcher('env', '!=', 'prod').matches('')).toBe(true)
  })

  test('names the only value that can match', () => {
    expect(matcher('env', '=', 'prod').only).toEqual(['prod'])
    expect(matcher('env', '!=', 'prod').only).toBeUndefined()
  })
})

describe('regular expressions', () => {
  test.each([
    ['cart', ['cart'], ['carts', 'Cart', '']],
    ['cart|order|', ['cart', 'order', ''], ['cartorder']],
    ['', [''], ['x']],
    ['.*', ['', 'x', 'two\nlines'], []],
    ['.+', ['x', '\n'], ['']],
    ['cart-.*', ['cart-', 'cart-v2'], ['cart', 'my-cart-1']],
    ['.*-db', ['-db', 'order-db'], ['order-db-1']],
    ['cart-.+', ['cart-v2'], ['cart-']],
    ['.*pay.*', ['pay', 'repayment'], ['pa y']],
    ['a.*a', ['aa', 'aba'], ['a']],
    ['a.+b.*c', ['axbc', 'abbcc'], ['abc', 'ab']],
    ['(cart|order)-(.*)', ['cart-', 'order-x'], ['orders-']],
    ['^(?:cart)$', ['cart'], ['cart$']],
    ['node-[0-9]', ['node-7'], ['node-x', 'node-10']],
    ['node-[0-9]+\\.zone-[a-c]', ['node-12.zone-b'], ['node-.zone-b', 'node-1xzone-a']],
    ['(?i)Chai', ['chai', 'CHAI'], ['tea']],
    ['(?i:k)art', ['Kart', 'kart', '\u212aart'], ['kArt']],
    ['5..', ['500', '50☕'], ['50', '5000']],
    ['v\\d+(\\.\\d+)?', ['v1', 'v1.22'], ['v', 'v1.']],
    ['[^/]+/status', ['pods/status'], ['/status', 'a/b/status']],
    ['\\Qa.b\\E', ['a.b'], ['axb']],
    ['(a|ab)*c', ['c', 'ababac'], ['abb']],
    ['x{2,3}', ['xx', 'xxx'], ['x', 'xxxx']],
  ])('%s', (pattern, matching, others) => {
    const matches = matcher('label', '=~', pattern)
    const excludes = matcher('label', '!~', pattern)
    for (const value of matching)
      expect([value, matches.matches(value), excludes.matches(value)]).toEqual([value, true, false])
    for (const value of others)
      expect([value, matches.matches(value), excludes.matches(value)]).toEqual([value, false, true])
  })

  test.each([
    ['cart|order', ['cart', 'order']],
    ['(a|b)-[12]', ['a-1', 'a-2', 'b-1', 'b-2']],
    ['colou?r', ['color', 'colour']],
    ['^one$', ['one']],
  ])('%s stands for a few values, which are named', (pattern, values) => {
    expect(new Set(matcher('label', '=~', pattern).only)).toEqual(new Set(values))
    expect(matcher('label', '!~', pattern).only).toBeUndefined()
  })

  test('a thousand names are told apart without trying them one by one', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `pod-${index}`)
    const { only, matches } = matcher('pod', '=~', names.join('|'))
    expect(only).toEqual(names)
    expect([matches('pod-999'), matches('pod-1000')]).toEqual([true, false])
  })

  test.each(['a.*', '(?i)a', '[a-z]{3}', '[0-9][0-9][0-9]', 'a+'])('%s stands for too many values', (pattern) => {
    expect(matcher('label', '=~', pattern).only).toBeUndefined()
  })

  test.each([
    ['(', 'error parsing regexp: missing closing ): `(`'],
    ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['[b-a]', 'error parsing regexp: invalid character class range: `b-a`'],
    ['a\\', 'error parsing regexp: trailing backslash at end of expression: ``'],
  ])('%s is refused in the words of RE2', (pattern, message) => {
    expect(() => matcher('label', '=~', pattern)).toThrow(new RegexError(message))
  })

  test('an expression that takes backtracking forever is answered at once', () => {
    const value = `${'a'.repeat(5000)}!`
    for (const pattern of ['(a*)*b', '(a|aa)+b', '.*a.*a.*a.*a.*b.?c', 'a?'.repeat(30) + 'a'.repeat(30)]) {
      expect(matcher('label', '=~', pattern).matches(value)).toBe(false)
    }
  })
})

describe('all ways of matching agree with RE2', () => {
  test('on expressions of the common kinds', () => {
    check(
      property(patterns(), array(values(), { minLength: 5, maxLength: 15 }), (pattern, texts) => {
        const judged = matcher('label', '=~', pattern)
        const plain = compilePattern(`^(?s:${pattern})$`)
        for (const text of texts)
          expect([pattern, text, judged.matches(text)]).toEqual([pattern, text, plain.test(text)])
        if (judged.only !== undefined) expect(judged.only.every((value) => plain.test(value))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})

const ATOMS = [
  'a',
  'b',
  'K',
  'ſ',
  '.',
  '[ab]',
  '[^b]',
  '[a-c]',
  '\\.',
  '\\d',
  '\\w',
  '[\\dk]',
  '^',
  '$',
  '(?i)k',
  '(?i:ab)',
  'é',
  '☕',
]
const REPEATS = ['', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?']

function patterns(): Arbitrary<string> {
  const atom = tuple(constantFrom(...ATOMS), constantFrom(...REPEATS)).map(([text, repeat]) =>
    text === '^' || text === '$' || text === '(?i)k' ? text : text + repeat,
  )
  const piece = array(atom, { maxLength: 4 }).map((parts) => parts.join(''))
  const group = tuple(array(piece, { minLength: 1, maxLength: 3 }), constantFrom(...REPEATS, '|')).map(
    ([options, repeat]) => (repeat === '|' ? options.join('|') : `(${options.join('|')})${repeat}`),
  )
  return array(group, { minLength: 1, maxLength: 3 }).map((groups) => groups.join(''))
}

function values(): Arbitrary<string> {
  return string({
    unit: constantFrom('a', 'b', 'k', 'K', '\u212a', 's', 'ſ', 'c', '1', '.', '\n', 'é', '☕'),
    maxLength: 6,
  })
}

describe('printing', () => {
  test.each([
    [matcher('code', '=~', '5..'), 'code=~"5.."'],
    [matcher('path', '!=', 'a"b\n'), 'path!="a\\"b\\n"'],
    [matcher('service.name', '=', 'cart'), '"service.name"="cart"'],
    [matcher('', '!~', 'x'), '""!~"x"'],
  ])('%o', (condition, text) => {
    expect(printMatcher(condition)).toBe(text)
  })
})
