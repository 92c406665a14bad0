import type { ExpositionParser } from '../../../src/metrics/exposition/exposition-parser.ts'
import { OpenMetricsParser } from '../../../src/metrics/exposition/openmetrics-parser.ts'
import { TextParser } from '../../../src/metrics/exposition/text-parser.ts'
import { expectFailure, expectSame, type Oracle, type OracleCase } from '../oracle.ts'

type Entry = Record<string, unknown>

export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  const parser = parserOf(input)
  // Upstream's parsers end with this error.
  const error = expect['error'] === 'EOF' ? undefined : expect['error']
  if (error !== undefined) {
    expectSame('error', expectFailure('parsing', () => entriesOf(parser, {})).message, error)
    return
  }
  const expected = (expect['entries'] ?? []) as Entry[]
  const withStart = expected.some((entry) => 'start_timestamp_ms' in entry)
  const entries = entriesOf(parser, { withStart })
  if (!('entries' in expect)) return
  expectSame('number of entries', entries.length, expected.length)
  for (const [index, entry] of expected.entries()) {
    const mine = entries[index] ?? {}
    for (const [key, value] of Object.entries(entry)) expectSame(`entry ${index} ${key}`, mine[key], value)
  }
}

function parserOf(input: OracleCase['input']): ExpositionParser {
  const { text } = input as { text: string | { base64: string } }
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.base64, 'base64')
  const options = {
    skipCreatedSeries: input['skip_created_series'] === true,
    typeAndUnitLabels: input['type_and_unit_labels'] === true,
  }
  return input['format'] === 'openmetrics' ? new OpenMetricsParser(bytes, options) : new TextParser(bytes, options)
}

function entriesOf(parser: ExpositionParser, options: { withStart?: boolean }): Entry[] {
  const entries: Entry[] = []
  for (let kind = parser.next(); kind !== undefined; kind = parser.next()) {
    if (kind === 'help') entries.push({ help: parser.text, metric: parser.metricName })
    else if (kind === 'type') entries.push({ type: parser.type, metric: parser.metricName })
    else if (kind === 'unit') entries.push({ unit: parser.text, metric: parser.metricName })
    else if (kind === 'comment') entries.push({ comment: parser.text })
    else entries.push(seriesEntry(parser, options.withStart ?? false))
  }
  return entries
}

function seriesEntry(parser: ExpositionParser, withStart: boolean): Entry {
  const { seriesText, timestampMs } = parser
  const start = withStart ? parser.startTimestampMs() : undefined
  const exemplars = parser.exemplars().map(({ labels, value, timestampMs: at }) => ({
    labels: labels.toObject(),
    value: number(value),
    ...(at === undefined ? {} : { timestamp_ms: at }),
  }))
  return {
    series: Buffer.from(seriesText, 'latin1').toString('utf8'),
    labels: parser.labels().toObject(),
    value: number(parser.value),
    ...(timestampMs === undefined ? {} : { timestamp_ms: timestampMs }),
    ...(start === undefined ? {} : { start_timestamp_ms: start }),
    ...(exemplars.length === 0 ? {} : { exemplars }),
  }
}

function number(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? value : value > 0 ? '+Inf' : '-Inf'
}
