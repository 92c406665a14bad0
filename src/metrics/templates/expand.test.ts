import { describe, expect, test } from 'vitest'
import { PrometheusTemplate } from './expand.ts'
import type { TemplateSample } from './prometheus-functions.ts'
import type { Value } from './values.ts'

const NOW_MS = Date.UTC(2026, 10, 23, 6, 30)

function expand(
  text: string,
  options: { data?: Value; escaping?: 'text' | 'html'; query?: (expr: string) => readonly TemplateSample[] } = {},
): Promise<string> {
  const { data, escaping, query = () => [] } = options
  return new PrometheusTemplate('note', text, escaping).expand({
    data,
    nowMs: NOW_MS,
    externalUrl: new URL('http://prometheus.test/stall'),
    query: (expr) => new Promise((resolve) => resolve(query(expr))),
  })
}

const OVENS: readonly TemplateSample[] = [
  { labels: { oven: 'tandoor' }, value: 310 },
  { labels: { oven: 'clay' }, value: 280.5 },
]

describe('a template of Prometheus', () => {
  test.each([
    ['{{ humanize 1234567.0 }} {{ humanize 0.00012 }} {{ humanize1024 1048576.0 }}', '1.235M 120u 1Mi'],
    ['{{ humanizeDuration 3725.4 }} {{ humanizeDuration 0.0125 }}', '1h 2m 5s 12.5ms'],
    ['{{ humanizePercentage 0.95 }} {{ humanizeTimestamp 1795415400 }}', '95% 2026-11-23 06:30:00 +0000 UTC'],
    ['{{ stripPort "stall:8080" }} {{ stripDomain "a.stall.test:80" }}', 'stall a:80'],
    ['{{ title "hot chai" }} {{ toUpper "a" }} {{ toLower "B" }}', 'Hot Chai A b'],
    ['{{ graphLink "up > 1" }} {{ tableLink "up" }}', '/graph?g0.expr=up+%3E+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1'],
    ['{{ externalURL }} {{ pathPrefix }}', 'http://prometheus.test/stall /stall'],
    ['{{ (now | toTime).Format "2 Jan 2006 15:04" }} {{ (toDuration 90).String }}', '23 Nov 2026 06:30 1m30s'],
    ['{{ parseDuration "1h30m" }} {{ urlQueryEscape "a b" }}', '5400 a+b'],
    [
      '{{ range query "ovens" | sortByLabel "oven" }}{{ label "oven" . }}={{ value . }} {{ end }}',
      'clay=280.5 tandoor=310 ',
    ],
    [
      '{{ with query "ovens" }}{{ . | first | value | printf "%.0f" }}{{ end }}{{ with query "none" }}x{{ end }}',
      '310',
    ],
  ])('%s', async (text, expected) => {
    expect(await expand(text, { query: (expr) => (expr === 'ovens' ? OVENS : []) })).toBe(expected)
  })

  test('asks a query once, and runs again with its answer', async () => {
    const asked: string[] = []
    const query = (expr: string): readonly TemplateSample[] => {
      asked.push(expr)
      return OVENS
    }
    const text =
      '{{ query "a" | first | value }} {{ range query "b" }}{{ query .Labels.oven | first | value }} {{ end }}{{ query "a" | len }}'
    expect(await expand(text, { query })).toBe('310 310 310 2')
    expect(asked).toEqual(['a', 'b', 'tandoor', 'clay'])
  })

  test('a query that fails is named, as is what is wrong with a text', async () => {
    const query = (): never => {
      throw new Error('query timed out')
    }
    await expect(expand('{{ query "a" }}', { query })).rejects.toThrow(
      'error executing template note: template: note:1:3: executing "note" at <query "a">: error calling query: query timed out',
    )
    await expect(expand('{{ if }}')).rejects.toThrow(
      'error parsing template note: template: note:1: missing value for if',
    )
  })

  test('a page may call its templates by name', async () => {
    const text = '{{ define "row" }}<li>{{ . }}</li>{{ end }}{{ tmpl "row" "<chai>" }}'
    expect(await expand(text, { escaping: 'html' })).toBe('<li>&lt;chai&gt;</li>')
    await expect(expand(text)).rejects.toThrow('function "tmpl" not defined')
  })
})
