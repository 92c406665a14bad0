import { describe, expect, test } from 'vitest'
import { jsonSyntaxError } from './json-syntax-error.ts'

describe('jsonSyntaxError says what Go says', () => {
  test.each([
    ['', 'unexpected end of JSON input'],
    ['{"spec":{"replicas":', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['["a', 'unexpected end of JSON input'],
    ['replicas: 3', "invalid character 'r' looking for beginning of value"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['trUe', "invalid character 'U' in literal true (expecting 'u')"],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`],
    [String.raw`"\x"`, "invalid character 'x' in string escape code"],
    [String.raw`"\u12g4"`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
    ["'a'", String.raw`invalid character '\'' looking for beginning of value`],
  ])('%j', (text, message) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(jsonSyntaxError(text)).toBe(message)
  })
})
