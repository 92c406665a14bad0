import { describe, expect, test } from 'vitest'
import { KUBERNETES_ENVIRONMENT } from './kubernetes.ts'
import { CelError, compile, CompileError, CostExceeded, ProgramError } from './program.ts'
import { toText } from './conversion.ts'
import { DYN, INT, listType, optionalType, STRING, type CelType } from './types.ts'
import { NONE, type Value } from './values.ts'

const COST_MAX = 1_000_000

function run(source: string, types: Readonly<Record<string, CelType>> = {}, bindings = {}): Value {
  const program = compile(source, KUBERNETES_ENVIRONMENT.withVariables(types))
  return program.evaluate(bindings, { costMax: COST_MAX }).value
}

/** The value, or the words of the error that it is. */
function outcome(source: string, types = {}, bindings = {}): unknown {
  const value = run(source, types, bindings)
  return value instanceof CelError ? `error: ${value.message}` : value
}

function problem(source: string, types: Readonly<Record<string, CelType>> = {}): string {
  try {
    compile(source, KUBERNETES_ENVIRONMENT.withVariables(types))
  } catch (failure) {
    if (failure instanceof CompileError) return failure.message
    throw failure
  }
  return ''
}

describe('numbers', () => {
  test.each([
    ['1 + 2 * 3 - 4', 3n],
    ['7 / 2', 3n],
    ['-7 / 2', -3n],
    ['-7 % 3', -1n],
    ['7u + 1u', 8n],
    ['1.5 + 2.0', 3.5],
    ['0x1F', 31n],
    ['dyn(1) == 1.0', true],
    ['1 < 1.5', true],
    ['1u < 2', true],
    ['9223372036854775807 == 9223372036854775807', true],
    ['int("42")', 42n],
    ['double("1e3")', 1000],
    ['uint(3.9)', 3n],
    ['string(1.0)', '1'],
    ['string(1e21)', '1e+21'],
    ['string(1234567.0)', '1.234567e+06'],
    ['string(0.00001)', '1e-05'],
    ['type(1) == int', true],
  ])('%s', (source, value) => {
    const actual = outcome(source)
    expect(typeof actual === 'object' && actual !== null && 'value' in actual ? actual.value : actual).toEqual(value)
  })

  test.each([
    ['9223372036854775807 + 1', 'integer overflow'],
    ['-9223372036854775808 - 1', 'integer overflow'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['int(["x"][0])', "type conversion error from 'string' to 'int'"],
  ])('%s fails', (source, words) => {
    expect(outcome(source)).toBe(`error: ${words}`)
  })
})

describe('logic', () => {
  test.each([
    ['true || 1 / 0 == 1', true],
    ['1 / 0 == 1 || true', true],
    ['false && 1 / 0 == 1', false],
    ['1 / 0 == 1 && false', false],
    ['true ? "a" : "b"', 'a'],
    ['!(1 == 2)', true],
    ['2 in [1, 2, 3]', true],
    ['"b" in {"a": 1}', false],
    ['[1, 2] == dyn([1.0, 2.0])', true],
    ['{"a": 1} == dyn({"a": 1u})', true],
    ['null == null', true],
  ])('%s', (source, value) => {
    expect(outcome(source)).toEqual(value)
  })

  test('an error on one side stays where the other cannot decide', () => {
    expect(outcome('false || 1 / 0 == 1')).toBe('error: division by zero')
  })
})

describe('macros', () => {
  test.each([
    ['[1, 2, 3].all(x, x > 0)', true],
    ['[1, 2, 3].exists(x, x == 2)', true],
    ['[1, 2, 3].exists_one(x, x > 2)', true],
    ['[1, 2, 3].map(x, x * 2) == [2, 4, 6]', true],
    ['[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]', true],
    ['[1, 2, 3].filter(x, x > 1) == [2, 3]', true],
    ['{"a": 1, "b": 2}.all(k, k != "c")', true],
    ['[[1], [2, 3]].all(xs, xs.all(x, x > 0))', true],
    ['["a", "b"].all(i, v, i < 2 && v != "c")', true],
    ['{"a": 1}.transformMap(k, v, v + 1) == {"a": 2}', true],
    ['["a", "b"].transformList(i, v, v + string(i)) == ["a0", "b1"]', true],
    ['has({"a": 1}.a)', true],
    ['has({"a": 1}.b)', false],
    ['[1, 0].exists(x, 1 / x == 1)', true],
  ])('%s', (source, value) => {
    expect(outcome(source)).toEqual(value)
  })

  test('variables of an inner macro hide those of an outer one', () => {
    expect(outcome('[1, 2].all(x, [3].all(x, x == 3) && x < 3)')).toBe(true)
  })
})

test('a constant that cannot be converted is found out before anything runs', () => {
  expect(() => run('int("x")')).toThrow(ProgramError)
})

describe('variables and optionals', () => {
  test('a variable without a value is an error only where it is read', () => {
    expect(outcome('true || x', { x: DYN })).toBe(true)
    expect(outcome('x == 1', { x: DYN })).toBe('error: no such attribute(s): x')
  })

  test.each([
    ['self.?a.orValue("none")', 'none'],
    ['self.?a.hasValue()', false],
    ['self[?"b"].orValue(1)', 2n],
    ['optional.of(1).value()', 1n],
    ['optional.ofNonZeroValue("").hasValue()', false],
    ['[1, ?optional.none(), 3].size()', 2n],
    ['{?"x": self.?b}.size()', 1n],
    ['self.?b.optMap(b, b + 1).orValue(0)', 3n],
  ])('%s', (source, value) => {
    const { value: self } = compile('{"b": 2}', KUBERNETES_ENVIRONMENT).evaluate({}, { costMax: COST_MAX })
    expect(outcome(source, { self: DYN }, { self })).toEqual(value)
  })

  test('none has no value', () => {
    const types = { old: optionalType(INT) }
    expect(outcome('old.hasValue()', types, { old: NONE })).toBe(false)
    expect(outcome('old.value()', types, { old: NONE })).toBe('error: optional.none() dereference')
  })

  test('programs know which variables they read', () => {
    const environment = KUBERNETES_ENVIRONMENT.withVariables({ a: INT, b: INT, c: INT })
    expect([...compile('a > 1 && [b].all(x, x > 0)', environment).variables]).toEqual(['a', 'b'])
  })
})

describe('libraries', () => {
  test.each([
    ['"a-b-c".split("-").join("+")', 'a+b+c'],
    ['"tacocat".charAt(3)', 'o'],
    ['"hello".replace("l", "L", 1)', 'heLlo'],
    ['"  x ".trim()', 'x'],
    ['"%s is %d and %.1f".format(["a", 2, 1.25])', 'a is 2 and 1.2'],
    ['"abc123".find("[0-9]+")', '123'],
    ['"abc".matches("^a.c$")', true],
    ['[3, 1, 2].isSorted()', false],
    ['[3, 1, 2].sum()', 6n],
    ['[3, 1, 2].max()', 3n],
    ['["a", "b", "a"].lastIndexOf("a")', 2n],
    ['sets.contains([1, 2], [2])', true],
    ['sets.intersects([1], [2])', false],
    ['url("https://example.com:80/path?k=a").getHost()', 'example.com:80'],
    ['isURL("../x")', false],
    ['ip("127.0.0.1").isLoopback()', true],
    ['cidr("10.0.0.0/8").containsIP("10.1.2.3")', true],
    ['quantity("1Gi").isGreaterThan(quantity("1G"))', true],
    ['isQuantity("1x")', false],
    ['semver("1.2.3").isLessThan(semver("1.10.0"))', true],
    ['format.dns1123Label().validate("Ab").hasValue()', true],
    ['duration("1h30m").getMinutes()', 90n],
    ['timestamp("2026-01-02T03:04:05Z").getDayOfMonth()', 1n],
    ['timestamp("2026-01-02T00:00:00Z") - timestamp("2026-01-01T00:00:00Z") == duration("24h")', true],
  ])('%s', (source, value) => {
    expect(outcome(source)).toEqual(value)
  })

  test('values print as Go prints them', () => {
    expect(toText(run('duration("90s")'))).toBe('90s')
    expect(toText(run('timestamp("2026-01-02T03:04:05Z")'))).toBe('2026-01-02T03:04:05Z')
  })
})

describe('compile errors', () => {
  test.each([
    [
      '1 + "a"',
      "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + \"a\"\n | ..^",
    ],
    ['foo == 1', "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo == 1\n | ^"],
    ['self.x()', "undeclared reference to 'x'"],
    ['self + 1', "found no matching overload for '_+_' applied to '(string, int)'"],
    ['[1, "a"]', "expected type 'int' but found 'string'"],
    ['"a".matches("(")', 'invalid matches argument'],
    ['duration("x")', 'invalid duration argument'],
    ['self.all(x, true)', "expression of type 'string' cannot be range of a comprehension"],
    ['1 +', 'Syntax error: mismatched input'],
  ])('%s', (source, words) => {
    expect(problem(source, { self: STRING })).toContain(words)
  })
})

describe('costs', () => {
  const costOf = (source: string): number =>
    compile(source, KUBERNETES_ENVIRONMENT).evaluate({}, { costMax: COST_MAX }).cost

  test.each([
    ['true', 0],
    ['1 + 2', 1],
    ['[1, 2, 3].all(x, x > 0)', 16],
    ['"abc".matches("a")', 1],
  ])('%s costs %d', (source, cost) => {
    expect(costOf(source)).toBe(cost)
  })

  test('an evaluation ends when it has cost too much', () => {
    const program = compile('[1, 2, 3].all(x, [1, 2, 3].all(y, x + y > 0))', KUBERNETES_ENVIRONMENT)
    expect(() => program.evaluate({}, { costMax: 20 })).toThrow(CostExceeded)
  })

  test('an estimate grows with what data can be', () => {
    const environment = KUBERNETES_ENVIRONMENT.withVariables({ self: listType(INT) })
    const program = compile('self.all(x, x > 0)', environment)
    const few = program.estimate(() => ({ min: 0, max: 10 }))
    const many = program.estimate(() => ({ min: 0, max: 1000 }))
    expect(few.max).toBeLessThan(many.max)
    expect(many.max / few.max).toBeGreaterThan(50)
  })
})
