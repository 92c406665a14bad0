import { expect, test } from 'vitest'
import { oneOf, QueryTemplate } from './metric-query.ts'

const PARTS = {
  series: 'orders_total',
  conditions: [{ name: 'namespace', op: '=', value: 'shop' } as const, oneOf('pod', ['chai-0', 'chai-1'])],
  groupBy: ['pod', 'stall'],
}

test.each([
  [
    'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)',
    'sum(rate(orders_total{namespace="shop",pod=~"chai-0|chai-1"}[1m])) by (pod,stall)',
  ],
  ['<< .Series >>{namespace="<< index .LabelValuesByName "namespace" >>"}', 'orders_total{namespace="shop"}'],
  ['<<.Series>>{pod=~"<<.LabelValuesByName.pod>>"}', 'orders_total{pod=~"chai-0|chai-1"}'],
  ['up{zone="<<index .LabelValuesByName "zone">>"}', 'up{zone=""}'],
  [
    'avg by (<<range $i, $label := .GroupBySlice>><<if $i>>, <<end>><<$label>><<end>>) (up)',
    'avg by (pod, stall) (up)',
  ],
  ['max(up) by (<<index .GroupBySlice 0>>)', 'max(up) by (pod)'],
  ['up{a="{{b}}"}', 'up{a="{{b}}"}'],
])('%s', (template, query) => {
  expect(new QueryTemplate(template).fill(PARTS)).toBe(query)
})

test('a place that there is not is told in the words of templates', () => {
  expect(() => new QueryTemplate('sum(<<.Serie>>)').fill(PARTS)).toThrow("can't evaluate field Serie")
  expect(() => new QueryTemplate('sum(<<.Series)')).toThrow('template: metrics-query:1: ')
})
