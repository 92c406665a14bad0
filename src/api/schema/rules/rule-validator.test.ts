import { describe, expect, test } from 'vitest'
import { Correlation } from '../correlation.ts'
import type { Schema, ValidationRule } from '../schema.ts'
import { ruleTree } from './rule-tree.ts'
import { type RuleRun, runRules } from './rule-validator.ts'

const BUDGET = 10_000_000

function problems(
  schema: Schema,
  value: unknown,
  { old, ...run }: Partial<RuleRun> & { readonly old?: unknown } = {},
): readonly string[] {
  const tree = ruleTree(schema, true)
  if (tree === undefined) throw new Error('the schema has no rules')
  const { causes } = runRules(tree, '', { value, old }, { budget: BUDGET, ...run })
  return causes.map(({ reason, field, message }) => `${reason} ${field}: ${message}`)
}

function spec(schema: Schema, ...rules: readonly ValidationRule[]): Schema {
  return { type: 'object', properties: { spec: { ...schema, 'x-kubernetes-validations': rules } } }
}

const COUNTS: Schema = {
  type: 'object',
  properties: { min: { type: 'integer' }, max: { type: 'integer' }, name: { type: 'string' } },
}

describe('rules', () => {
  test('a rule that holds says nothing; one that does not says its message, or itself', () => {
    const rule = 'self.min <= self.max'
    expect(problems(spec(COUNTS, { rule }), { spec: { min: 1, max: 2 } })).toEqual([])
    expect(problems(spec(COUNTS, { rule }), { spec: { min: 3, max: 2 } })).toEqual([
      'FieldValueInvalid spec: Invalid value: failed rule: self.min <= self.max',
    ])
    expect(problems(spec(COUNTS, { rule, message: ' too many ' }), { spec: { min: 3, max: 2 } })).toEqual([
      'FieldValueInvalid spec: Invalid value: too many',
    ])
  })

  test('messages can be computed, and errors can name another field and reason', () => {
    const rule: ValidationRule = {
      rule: 'self.min <= self.max',
      message: 'fallback',
      messageExpression: '"min is " + string(self.min)',
      reason: 'FieldValueForbidden',
      fieldPath: '.min',
    }
    expect(problems(spec(COUNTS, rule), { spec: { min: 3, max: 2 } })).toEqual([
      'FieldValueForbidden spec.min: Forbidden: min is 3',
    ])
    const logged: string[] = []
    const broken = { ...rule, messageExpression: 'self.name.charAt(9)' }
    expect(
      problems(spec(COUNTS, broken), { spec: { min: 3, max: 2, name: 'a' } }, { log: (text) => logged.push(text) }),
    ).toEqual(['FieldValueForbidden spec.min: Forbidden: fallback'])
    expect(logged).toEqual(['messageExpression evaluation failed due to: index out of range: 9'])
  })

  test('a rule that errs tells why', () => {
    expect(problems(spec(COUNTS, { rule: 'self.min > 0' }), { spec: {} })).toEqual([
      'FieldValueInvalid spec: Invalid value: "object": no such key: min evaluating rule: self.min > 0',
    ])
    expect(problems(spec(COUNTS, { rule: 'self.mim > 0' }), { spec: {} })[0]).toContain(
      "rule compile error: compilation failed: ERROR: <input>:1:5: undefined field 'mim'",
    )
  })

  test('rules about changes run on updates only, unless they ask for more', () => {
    const rule = 'self.min >= oldSelf.min'
    const schema = spec(COUNTS, { rule })
    expect(problems(schema, { spec: { min: 1 } })).toEqual([])
    expect(problems(schema, { spec: { min: 1 } }, { old: { spec: { min: 2 } } })).toHaveLength(1)
    const optional = spec(COUNTS, { rule: 'oldSelf.hasValue() || self.min == 0', optionalOldSelf: true })
    expect(problems(optional, { spec: { min: 1 } })).toHaveLength(1)
  })

  test('what did not change is excused, and warned of', () => {
    const schema = spec(COUNTS, { rule: 'self.min <= self.max' })
    const old = { spec: { min: 3, max: 2 }, other: 1 }
    const value = { spec: { min: 3, max: 2 }, other: 2 }
    const warnings: string[] = []
    const correlation = new Correlation(value, old, schema)
    expect(problems(schema, value, { old, correlation, warn: (text) => warnings.push(text) })).toEqual([])
    expect(warnings).toEqual(['spec: Invalid value: failed rule: self.min <= self.max'])
  })

  test('all rules together have a budget', () => {
    const schema = spec(COUNTS, { rule: 'self.min == 1' }, { rule: 'self.max == 1' }, { rule: 'self.max == 2' })
    expect(problems(schema, { spec: { min: 1, max: 1 } }, { budget: 5 })).toEqual([
      'FieldValueInvalid spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
    ])
  })

  test('items of a list without keys have no past', () => {
    const item: Schema = { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] }
    const keyed: Schema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' }, v: item } },
    }
    const schema: Schema = {
      type: 'object',
      properties: { list: { type: 'array', items: item }, keyed },
    }
    const value = {
      list: [1],
      keyed: [
        { k: 'b', v: 1 },
        { k: 'a', v: 1 },
      ],
    }
    const old = { list: [2], keyed: [{ k: 'a', v: 2 }] }
    expect(problems(schema, value, { old })).toEqual([
      'FieldValueInvalid keyed[1].v: Invalid value: 1: failed rule: self >= oldSelf',
    ])
  })
})
