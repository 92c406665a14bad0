import { describe, expect, test } from 'vitest'
import { labelsOf } from '../model/labels.ts'
import { EVERYTHING } from '../../api/selectors/label-matcher.ts'
import { parseLabelSelector } from '../../api/selectors/parse-labels.ts'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { MetricsAdapter } from './adapter.ts'
import { readAdapterConfig } from './adapter-config.ts'
import type { ResourceNames } from './metric-names.ts'

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
const NAMESPACE: ResourceNames = { group: '', plural: 'namespaces', singular: 'namespace', namespaced: false }
const SERIES = new Map([
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

function adapter(values: readonly (readonly [labels: Record<string, string>, value: number])[] = []) {
  const asked: string[] = []
  const listed: string[] = []
  const clock = new VirtualClock(0)
  const source = {
    series: async (selector: string) => {
      listed.push(selector)
      return (SERIES.get(selector) ?? []).map((labels) => labelsOf(labels))
    },
    query: async (expr: string) => {
      asked.push(expr)
      return values.map(([labels, value]) => ({ labels: labelsOf(labels), value }))
    },
  }
  const made = new MetricsAdapter(source, clock)
  made.use([readAdapterConfig(CONFIG)])
  return { made, asked, listed, clock }
}

describe('MetricsAdapter', () => {
  test('asks for the objects of a metric by the rule that gives it', async () => {
    const { made, asked } = adapter([
      [{ pod: 'a' }, 12.5],
      [{ pod: 'b' }, Number.NaN],
    ])
    const query = { metric: 'http_requests_per_second', resource: POD, namespace: 'shop', names: ['a', 'b'] }
    const found = await made.objects({ ...query, metricSelector: parseLabelSelector('code!=500') })
    expect(asked).toEqual(['sum(rate(http_requests_total{code!="500",namespace="shop",pod=~"a|b"}[2m])) by (pod)'])
    expect([...(found ?? [])]).toEqual([
      ['a', 12_500n],
      ['b', 0n],
    ])
  })

  test('finds labels by the template, and leaves out series that a filter takes away', async () => {
    const { made, asked } = adapter()
    const query = { resource: POD, namespace: 'shop', names: ['a'], metricSelector: EVERYTHING }
    expect(await made.objects({ ...query, metric: 'queue_depth' })).toEqual(new Map())
    expect(asked).toEqual(['max(queue_depth{kube_namespace="shop",kube_pod="a"}) by (kube_pod)'])
    expect(await made.objects({ ...query, metric: 'queue_bytes' })).toBeUndefined()
  })

  test('gives every series of an external metric, whatever the namespace when the rule has none', async () => {
    const { made, asked } = adapter([[{ match: 'final' }, 7e6]])
    const found = await made.external({ metric: 'match_viewers', namespace: 'shop', metricSelector: EVERYTHING })
    expect(asked).toEqual(['sum(match_viewers{})'])
    expect(found).toEqual([{ labels: { match: 'final' }, valueMilli: 7_000_000_000n }])
  })

  test.each([
    ['in (a,b)', 'code=~"a|b"'],
    ['notin (a)', 'code!~"a"'],
    ['', 'code!=""'],
  ])('a condition on labels, code %s, is asked of PromQL', async (condition, matcher) => {
    const { made, asked } = adapter()
    const metricSelector = parseLabelSelector(`code ${condition}`)
    await made.external({ metric: 'match_viewers', namespace: 'shop', metricSelector })
    expect(asked).toEqual([`sum(match_viewers{${matcher}})`])
  })

  test('no metric is found by a condition that PromQL does not have', async () => {
    const { made } = adapter()
    const query = { metric: 'queue_depth', resource: POD, namespace: 'shop', names: ['a'] }
    expect(await made.objects({ ...query, metricSelector: parseLabelSelector('code > 5') })).toBeUndefined()
  })

  test('lists what there is', async () => {
    const { made } = adapter()
    const names = await made.objectMetrics([POD, NAMESPACE])
    expect(names.map(({ resource, metric }) => `${resource.plural}/${metric}`).sort()).toEqual([
      'namespaces/http_requests_per_second',
      'namespaces/queue_depth',
      'pods/http_requests_per_second',
      'pods/queue_depth',
    ])
    expect(await made.externalMetrics()).toEqual(['match_viewers'])
  })

  test('asks for a list of series once a round, however many ask it', async () => {
    const { made, listed, clock } = adapter()
    const query = { metric: 'match_viewers', namespace: 'shop', metricSelector: EVERYTHING }
    await Promise.all([made.external(query), made.external(query)])
    await made.external(query)
    expect(listed).toHaveLength(1)
    await clock.advance(15_000)
    await made.external(query)
    expect(listed).toHaveLength(2)
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
    ['rules: [{seriesQuery: "up{", metricsQuery: up}]', 'rules[0].seriesQuery: '],
    ['rules: [{seriesQuery: up, metricsQuery: "sum("}]', 'rules[0].metricsQuery: '],
    ['rules: [{seriesQuery: up, metricsQuery: "<<.Serie>>"}]', 'rules[0].metricsQuery: template: metrics-query:1:2: '],
    ['rules: [', 'unable to load metrics discovery config: '],
  ])('%s is refused with its place', (text, words) => {
    expect(() => readAdapterConfig(text)).toThrow(words)
  })
})
