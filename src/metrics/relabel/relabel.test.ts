import { describe, expect, test } from 'vitest'
import { labelsOf } from '../model/labels.ts'
import { anchoredPattern, expandTemplate } from './anchored-pattern.ts'
import { relabelConfig, relabelProblem, type RelabelConfig } from './relabel-config.ts'
import { relabel } from './relabel.ts'

type Rule = Partial<Omit<RelabelConfig, 'regex'>> & { readonly regex?: string }

function rules(...configs: Rule[]): RelabelConfig[] {
  return configs.map(({ regex, ...config }) =>
    relabelConfig({ ...config, ...(regex === undefined ? {} : { regex: anchoredPattern(regex) }) }),
  )
}

const pod = labelsOf({ __address__: '10.0.0.7:8080', __meta_pod: 'checkout-1', zone: 'Mumbai-A' })

describe('relabel', () => {
  test.each<{ what: string; rule: Rule; expected: Record<string, string> | undefined }>([
    {
      what: 'replace writes what was captured',
      rule: { source_labels: ['__address__'], regex: '(.+):(\\d+)', target_label: 'host', replacement: '${1}' },
      expected: { ...pod.toObject(), host: '10.0.0.7' },
    },
    {
      what: 'replace without a match changes nothing',
      rule: { source_labels: ['zone'], regex: 'Pune', target_label: 'zone', replacement: 'p' },
      expected: pod.toObject(),
    },
    {
      what: 'replace by nothing takes the label away',
      rule: { target_label: 'zone', replacement: '' },
      expected: { __address__: '10.0.0.7:8080', __meta_pod: 'checkout-1' },
    },
    {
      what: 'drop drops what matches',
      rule: { source_labels: ['zone'], regex: 'Mum.*', action: 'drop' },
      expected: undefined,
    },
    {
      what: 'keep drops what does not match',
      rule: { source_labels: ['zone'], regex: 'P.*', action: 'keep' },
      expected: undefined,
    },
    {
      what: 'a pattern is anchored',
      rule: { source_labels: ['zone'], regex: 'Mumbai', action: 'keep' },
      expected: undefined,
    },
    {
      what: 'labelmap copies names that match',
      rule: { regex: '__meta_(.+)', action: 'labelmap' },
      expected: { ...pod.toObject(), pod: 'checkout-1' },
    },
    {
      what: 'labeldrop takes away names that match',
      rule: { regex: '__.*', action: 'labeldrop' },
      expected: { zone: 'Mumbai-A' },
    },
    {
      what: 'labelkeep keeps only names that match',
      rule: { regex: 'zone', action: 'labelkeep' },
      expected: { zone: 'Mumbai-A' },
    },
    {
      what: 'lowercase',
      rule: { source_labels: ['zone'], target_label: 'zone', action: 'lowercase' },
      expected: { ...pod.toObject(), zone: 'mumbai-a' },
    },
    {
      what: 'dropequal compares with the target label',
      rule: { source_labels: ['zone'], target_label: 'zone', action: 'dropequal' },
      expected: undefined,
    },
  ])('$what', ({ rule, expected }) => {
    expect(relabel(pod, rules(rule))?.toObject()).toEqual(expected)
  })

  test('hashmod spreads by the last eight bytes of an MD5', () => {
    const [rule] = rules({ source_labels: ['c'], modulus: 1000n, target_label: 'shard', action: 'hashmod' })
    expect(relabel(labelsOf({ c: 'baz' }), [rule!])?.get('shard')).toBe('976')
  })
})

describe('expandTemplate', () => {
  const captures = { groups: ['whole', 'one'], names: { first: 1 } }
  test.each([
    ['$1-${1}-$first-${first}', 'one-one-one-one'],
    ['$$1', '$1'],
    ['$1x', ''],
    ['${', '${'],
    ['cost: $', 'cost: $'],
  ])('%s becomes %s', (template, expected) => {
    expect(expandTemplate(template, captures)).toBe(expected)
  })
})

describe('relabelProblem', () => {
  test.each<[Rule, string | undefined]>([
    [{ target_label: 'zone' }, undefined],
    [{}, "relabel configuration for replace action requires 'target_label' value"],
    [{ action: 'hashmod', target_label: 'x' }, 'relabel configuration for hashmod requires non-zero modulus'],
    [{ action: 'lowercase', target_label: 'x', replacement: 'y' }, "'replacement' can not be set for lowercase action"],
    [{ action: 'labeldrop', separator: ',' }, "labeldrop action requires only 'regex', and no other fields"],
    [
      { action: 'keepequal', target_label: 'x', regex: 'a' },
      "keepequal action requires only 'source_labels' and `target_label`, and no other fields",
    ],
  ])('%j: %s', (rule, expected) => {
    expect(relabelProblem(rules(rule)[0]!, 'utf8')).toBe(expected)
  })
})
