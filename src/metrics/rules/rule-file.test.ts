import { describe, expect, test } from 'vitest'
import { parseQuery } from '../promql/syntax/parse.ts'
import { readRuleFile, RuleFileError } from './rule-file.ts'

describe('a file of rules', () => {
  test('has groups of rules, anchors and merges included', () => {
    const { groups, warnings } = readRuleFile(
      `
groups:
- name: stalls
  interval: 30s
  query_offset: 1m
  limit: 5
  labels: {town: Pune}
  rules:
  - &idle
    alert: Idle
    expr: orders == 0
    for: 5m
    keep_firing_for: 1m
    labels: {severity: page}
  - <<: *idle
    alert: VeryIdle
    for: 1h
  - record: stall:orders:sum
    expr: sum(orders)
---
other: document
`,
      { parseQuery },
    )
    expect(groups[0]).toMatchObject({
      name: 'stalls',
      intervalMs: 30_000,
      queryOffsetMs: 60_000,
      limit: 5,
      labels: { town: 'Pune' },
    })
    expect(groups[0]?.rules).toMatchObject([
      { alert: 'Idle', forMs: 300_000, keepFiringForMs: 60_000 },
      { alert: 'VeryIdle', expr: 'orders == 0', forMs: 3_600_000, labels: { severity: 'page' } },
      { record: 'stall:orders:sum', expr: 'sum(orders)' },
    ])
    expect(warnings).toEqual([
      'Multiple document yaml rules files are not supported, only the first document is processed',
    ])
  })

  test('an empty file has none', () => {
    expect(readRuleFile('# nothing yet\n', { parseQuery }).groups).toEqual([])
  })

  test('every problem is named with its place', () => {
    const content = `groups:
- name: a
  rules:
  - record: x
    expr: sum(
  - alert: y
    expr: up
    annotations: {summary: '{{ $value | nope }}'}
- name: a
`
    expect(problemsOf(content)).toEqual([
      '5:11: group "a", rule 1, "x": could not parse expression: 1:5: parse error: unclosed left parenthesis',
      'group "a", rule 2, "y": annotation "summary": template: __alert_y:1: function "nope" not defined',
      '9:3: groupname: "a" is repeated in the same file',
    ])
  })

  test.each([
    [
      'groups:\n- name: a\n  rules: []\n  colour: red',
      ['yaml: unmarshal errors:\n  line 4: field colour not found in type rulefmt.RuleGroup'],
    ],
    [
      'groups:\n- name: a\n  limit: many',
      ['yaml: unmarshal errors:\n  line 3: cannot unmarshal !!str `many` into int'],
    ],
    ['groups: x', ['yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `x` into []']],
    [
      'groups: [{name: a, rules: [{record: x, expr: up, annotations: {a: b}}]}]',
      [expect.stringContaining("invalid field 'annotations' in recording rule")],
    ],
    ['groups: [{name: a, labels: {__name__: x}}]', ['invalid label name: __name__']],
  ])('%s is refused', (content, problems) => {
    expect(problemsOf(content)).toEqual(problems)
  })

  test('unknown fields are let pass where that is asked for', () => {
    expect(
      readRuleFile('groups: [{name: a, colour: red}]', { parseQuery, ignoreUnknownFields: true }).groups,
    ).toHaveLength(1)
  })
})

function problemsOf(content: string): readonly string[] {
  try {
    readRuleFile(content, { parseQuery })
    return []
  } catch (failure) {
    if (failure instanceof RuleFileError) return failure.problems
    throw failure
  }
}
