import { describe, expect, test } from 'vitest'
import { Labels, labelsOf } from '../model/labels.ts'
import { MetricsAdapter, type ResourceNames } from './adapter.ts'
import { readAdapterConfig } from './adapter-config.ts'

const CONFIG = `
rules:
- seriesQuery: 'http_requests_total{namespace!="",pod!=""}'
  resources:
    overrides:
      namespace: {resource: namespace}
      pod: {resource: pod}
  name:
    matches: "^(.*)_total"
    as: "\${1}_per_second"
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)'
- seriesQuery: '{__name__=~"^queue_.*"}'
  seriesFilters:
  - isNot: .*_bytes$
  resources:
    template: kube_<<.Resource>>
  metricsQuery: max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
externalRules:
- seriesQuery: '{__name__="match_viewers"}'
  resources: {namespaced: false}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>})
`
const POD: ResourceNames = { group: '', plural: 'pods', singular: 'pod', namespaced: true }

function adapter(values: readonly (readonly [labels: Record<string, string>, value: number])[] = []) {
  const asked: string[] = []
  const series = new Map([
    ['http_requests_total{namespace!="",pod!=""}', [{ __name__: 'http_requests_total', namespace: 'shop', pod: 'a' }]],
    [
      '{__name__=~"^queue_.*"}',
      [
        { __name__: 'queue_bytes', kube_pod: 'a', kube_namespace: 'shop' },
        { __name__: 'queue_depth', kube_pod: 'a', kube_namespace: 'shop' },
      ],
    ],
    ['{__name__="match_viewers"}', [{ __name__: 'match_viewers' }]],
  ])
  const made = new MetricsAdapter(readAdapterConfig(CONFIG), {
    series: async (selector) => (series.get(selector) ?? []).map((labels) => labelsOf(labels)),
    query: async (expr) => {
      asked.push(expr)
      return values.map(([labels, value]) => ({ labels: labelsOf(labels), value }))
    },
  })
  return { made, asked }
}

describe('MetricsAdapter', () => {
  test('reads a metric of several pods with one query', async () => {
    const { made, asked } = adapter([
      [{ pod: 'a' }, 12.5],
      [{ pod: 'b' }, Number.NaN],
      [{ pod: 'other' }, 1],
    ])
    const query = { metric: 'http_requests_per_second', resource: POD, namespace: 'shop', names: ['a', 'b'] }
    const found = await made.objects({ ...query, selector: [{ name: 'code', op: '!=', value: '500' }] })
    expect(asked).toEqual(['sum(rate(http_requests_total{namespace="shop",pod=~"a|b",code!="500"}[2m])) by (pod)'])
    expect(found.map(({ name, valueMilli }) => [name, valueMilli])).toEqual([
      ['a', 12_500n],
      ['b', 0n],
    ])
  })

  test('labels may follow a template, and filters leave series out', async () => {
    const { made, asked } = adapter()
    await made.objects({ metric: 'queue_depth', resource: POD, namespace: 'shop', names: ['a'], selector: [] })
    expect(asked).toEqual(['max(queue_depth{kube_namespace="shop",kube_pod="a"}) by (kube_pod)'])
    const bytes = { metric: 'queue_bytes', resource: POD, namespace: 'shop', names: ['a'], selector: [] }
    await expect(made.objects(bytes)).rejects.toThrow('the server could not find the metric queue_bytes for pods')
  })

  test('external metrics need no namespace where the rule says so', async () => {
    const { made, asked } = adapter([[{}, 7e6]])
    const found = await made.external('match_viewers', { namespace: 'shop', selector: [] })
    expect(asked).toEqual(['sum(match_viewers{})'])
    expect(found).toEqual([{ name: '', labels: Labels.empty, valueMilli: 7_000_000_000n }])
  })

  test('tells which metrics there are', async () => {
    const { made } = adapter()
    expect(await made.customMetricNames([POD])).toEqual([
      'namespaces/http_requests_per_second',
      'namespaces/queue_depth',
      'pods/http_requests_per_second',
      'pods/queue_depth',
    ])
    expect(await made.externalMetricNames()).toEqual(['match_viewers'])
  })
})

describe('readAdapterConfig', () => {
  test.each([
    ['rules: 3', 'rules: must be a list'],
    ['rules: [{seriesQuery: up}]', 'rules[0].metricsQuery: must be a text'],
    ['rules: [{seriesQuery: up, metricsQuery: up, name: {matches: "("}}]', 'rules[0].name.matches: '],
    [
      'rules: [{seriesQuery: up, metricsQuery: up, seriesFilters: [{}]}]',
      'rules[0].seriesFilters[0]: must have either "is" or "isNot"',
    ],
    ['rules: [', 'unable to load metrics discovery config: '],
  ])('%s is refused with its place', (text, words) => {
    expect(() => readAdapterConfig(text)).toThrow(words)
  })
})
