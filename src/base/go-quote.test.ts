import { describe, expect, test } from 'vitest'
import { goQuote, goQuoteRune } from './go-quote.ts'

describe('goQuote', () => {
  test.each([
    ['plain', '"plain"'],
    ['with "quotes" and \\', '"with \\"quotes\\" and \\\\"'],
    ["it's", '"it\'s"'],
    ['line\nbreak\ttab\u0007', '"line\\nbreak\\ttab\\a"'],
    ['\u0000\u001f\u007f', '"\\x00\\x1f\\x7f"'],
    ['chai ☕ और', '"chai ☕ और"'],
    ['\u00a0\u200b\u{e0001}', '"\\u00a0\\u200b\\U000e0001"'],
    ['a byte \udcff that is no UTF-8', '"a byte \\xff that is no UTF-8"'],
  ])('%j is shown as %s', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted)
  })
})

describe('goQuoteRune', () => {
  test.each([
    ['x', "'x'"],
    ["'", "'\\''"],
    ['"', "'\"'"],
    ['\n', "'\\n'"],
    ['\ufffd', "'\ufffd'"],
  ])('%j is shown as %s', (character, quoted) => {
    expect(goQuoteRune(character)).toBe(quoted)
  })
})
