import { expect, test } from 'vitest'
import { Histograms, Summaries } from './distributions.ts'
import { byLabel, printFamilies, single } from './metric-families.ts'

test('families are printed by name, with their texts escaped', () => {
  const values = [['a"b\\c\nd', 0.5]] as const
  const families = [
    single('gauge', 'ready', 'Whether it is.', 1),
    byLabel('counter', 'errors_total', 'Of a kind.', { label: 'kind', values }),
    byLabel('counter', 'nothing_total', 'Without series.', { label: 'kind', values: [] }),
  ]
  expect(printFamilies(families)).toBe(
    '# HELP errors_total Of a kind.\n# TYPE errors_total counter\nerrors_total{kind="a\\"b\\\\c\\nd"} 0.5\n' +
      '# HELP ready Whether it is.\n# TYPE ready gauge\nready 1\n',
  )
})

test('a summary tells quantiles of what came last, and the sum of all', () => {
  const summaries = new Summaries({ name: 'took_seconds', help: 'Time.' }, [0.5, 0.9])
  for (let value = 1; value <= 10; value++) summaries.observe(value, { slice: 'all' })
  expect(summaries.family().points).toEqual([
    { labels: { slice: 'all', quantile: '0.5' }, value: 5 },
    { labels: { slice: 'all', quantile: '0.9' }, value: 9 },
    { suffix: '_sum', labels: { slice: 'all' }, value: 55 },
    { suffix: '_count', labels: { slice: 'all' }, value: 10 },
  ])
})

test('buckets of a histogram count what is below their bound', () => {
  const histograms = new Histograms({ name: 'took_seconds', help: 'Time.' }, [1, 2])
  for (const value of [0.5, 1, 1.5, 99]) histograms.observe(value, { handler: '/' })
  expect(histograms.family().points.map(({ suffix, labels, value }) => [suffix, labels?.['le'], value])).toEqual([
    ['_bucket', '1', 2],
    ['_bucket', '2', 3],
    ['_bucket', '+Inf', 4],
    ['_sum', undefined, 102],
    ['_count', undefined, 4],
  ])
})
