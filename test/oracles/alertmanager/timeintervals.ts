import {
  containsTime,
  intervalsAt,
  type Range,
  type TimeInterval,
  timeInterval,
  timeRange,
} from '../../../src/metrics/alerting/config/time-interval.ts'
import { list } from '../../../src/metrics/yaml/types.ts'
import { expectFailure, expectSame, type Oracle, type OracleCase } from '../oracle.ts'
import { readText, readValue } from './yaml-value.ts'

/** timeintervals.json: recurring times, and what lies in them. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  if ('intervals' in input) return runMutes(input, expect)
  if ('time_range_yaml' in input) {
    const text = String(input['time_range_yaml'])
    if (expect['ok'] !== true) return void expectFailure('time range', () => readText(text, timeRange))
    const { begin, end } = readText(text, timeRange)
    expectSame('start', begin, expect['start_minute'])
    return expectSame('end', end, expect['end_minute'])
  }
  if (expect['ok'] === false) {
    const failure = expectFailure('intervals', () => intervalsOf(input))
    if ('error' in expect) expectSame('error', failure.message, expect['error'])
    return
  }
  const intervals = intervalsOf(input)
  if ('intervals' in expect)
    expectSame(
      'intervals',
      intervals.map(comparable),
      readValue(expect['intervals'], list(timeInterval)).map(comparable),
    )
  const contains = (time: unknown): boolean =>
    intervals.some((interval) => containsTime(interval, Date.parse(String(time))))
  if ('time' in input) return expectSame('contains', contains(input['time']), expect['contains'])
  if ('contains' in expect)
    expectSame('contains', (input['times'] as readonly string[]).map(contains), expect['contains'])
}

function intervalsOf(input: OracleCase['input']): readonly TimeInterval[] {
  if ('interval' in input) return [madeInterval(input['interval'] as Record<string, unknown>)]
  if ('single_yaml' in input) return [readText(String(input['single_yaml']), timeInterval)]
  return readText(String(input['yaml']), list(timeInterval))
}

/** An interval that was made without being read: its days may be what no configuration says. */
function madeInterval({ days_of_month: days, ...others }: Record<string, unknown>): TimeInterval {
  const interval = readValue(others, timeInterval)
  if (!Array.isArray(days)) return interval
  const daysOfMonth = days.map((range) => {
    const [begin = 0, end = begin] = String(range).split(':').map(Number)
    return { begin, end }
  })
  return { ...interval, daysOfMonth }
}

function runMutes(input: OracleCase['input'], expect: OracleCase['expect']): void {
  const named = Object.entries(input['intervals'] as Record<string, unknown>)
  const intervals = new Map(named.map(([name, value]) => [name, readValue(value, list(timeInterval))]))
  const muted = intervalsAt(intervals, [...intervals.keys()], Date.parse(String(input['time'])))
  expectSame('muted by', muted, expect['muted_by'])
}

function comparable({ zone, ...ranges }: TimeInterval): object {
  const printed = Object.entries(ranges as Record<string, readonly Range[]>).map(([name, list]) => [
    name,
    list.map((each) => ({ ...each })),
  ])
  return { zone: zone.name, ...(Object.fromEntries(printed) as object) }
}
