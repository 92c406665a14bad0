/** The format of Prometheus' PromQL test scripts (prometheus/prometheus promql/promqltest/README.md), as data. */
import type { Labels } from '../../../src/metrics/model/labels.ts'
import { parseDuration } from '../../../src/metrics/model/duration.ts'
import { parseSeriesDescription, type SequenceValue } from '../../../src/metrics/promql/syntax/parse-series.ts'

export type Command = ClearCommand | LoadCommand | EvalCommand

export interface ClearCommand {
  readonly type: 'clear'
}

export interface LoadCommand {
  readonly type: 'load'
  readonly stepMs: number
  /** Classic histograms are to be loaded as native ones with custom buckets too. */
  readonly withNhcb: boolean
  readonly series: readonly LoadedSeries[]
}

export interface LoadedSeries {
  readonly labels: Labels
  readonly values: readonly SequenceValue[]
  /** When each sample's counter began, relative to the sample. */
  readonly startOffsetsMs?: readonly (number | undefined)[]
}

export interface EvalCommand {
  readonly type: 'eval'
  readonly line: number
  readonly query: string
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly isRange: boolean
  readonly expected: Expected
}

export interface Expected {
  readonly series: readonly { readonly labels: Labels; readonly values: readonly SequenceValue[] }[]
  readonly scalar?: number
  readonly text?: string
  readonly isOrdered: boolean
  readonly fail?: Condition
  /** Absent: annotations of that level are not looked at. */
  readonly warn?: Occurrence
  readonly info?: Occurrence
  /** The result of an instant query is a range of samples, at these times. */
  readonly range?: { readonly startMs: number; readonly endMs: number; readonly stepMs: number }
}

/** What a message must be. */
export type Condition = (message: string) => boolean

/** That there is an annotation, that there is none, or exactly those that satisfy the conditions. */
export type Occurrence = 'some' | 'none' | readonly Condition[]

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/
const LOAD = /^load(?:_(with_nhcb))?\s+(.+?)$/
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/
const EXPECT_RANGE = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/

export function parseScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => (line.trim().startsWith('#') ? '' : line.trim()))
  const commands: Command[] = []
  for (let at = 0; at < lines.length; at++) {
    const head = lines[at] ?? ''
    if (head === '') continue
    if (head === 'clear') {
      commands.push({ type: 'clear' })
      continue
    }
    const line = at + 1
    const block: string[] = []
    while (at + 1 < lines.length && lines[at + 1] !== '') block.push(lines[++at] ?? '')
    commands.push(head.startsWith('load') ? parseLoad(head, block) : parseEval({ head, block, line }))
  }
  return commands
}

function parseLoad(head: string, block: readonly string[]): LoadCommand {
  const [, withNhcb, step = ''] = LOAD.exec(head) ?? []
  const series = new Map<string, LoadedSeries>()
  let startOffsetsMs: (number | undefined)[] | undefined
  for (const line of block) {
    const start = /^(\S*)@st\s+(.*)$/.exec(line)
    if (start !== null) {
      startOffsetsMs = (start[2] ?? '').split(/\s+/).flatMap(parseStartItem)
      continue
    }
    const described = parseSeriesDescription(line)
    // Of a series that is there twice the last one counts.
    series.set(described.labels.key, startOffsetsMs === undefined ? described : { ...described, startOffsetsMs })
    startOffsetsMs = undefined
  }
  return { type: 'load', stepMs: parseDuration(step), withNhcb: withNhcb !== undefined, series: [...series.values()] }
}

/** `-1m`, `_`, `_x3`, `-1mx3`, `-1m+10sx3`: offsets as values of series are written. */
function parseStartItem(item: string): (number | undefined)[] {
  const omitted = /^_(?:x(\d+))?$/.exec(item)
  if (omitted !== null) return Array.from({ length: Number(omitted[1] ?? 1) }, () => undefined)
  const [, base = '', change, count] = /^([-+]?\d+[a-wyz]*)([-+]\d+[a-wyz]*)?(?:x(\d+))?$/.exec(item) ?? []
  const startMs = signedMs(base)
  const changeMs = change === undefined ? 0 : signedMs(change)
  return Array.from({ length: Number(count ?? 0) + 1 }, (_, index) => startMs + index * changeMs)
}

function signedMs(text: string): number {
  const ms = parseDuration(text.replace(/^[-+]/, ''))
  return text.startsWith('-') ? -ms : ms
}

function parseEval({ head, block, line }: { head: string; block: readonly string[]; line: number }): EvalCommand {
  const range = RANGE.exec(head)
  if (range !== null) {
    const [, mode, from = '', to = '', step = '', query = ''] = range
    const times = { startMs: parseDuration(from), endMs: parseDuration(to), stepMs: parseDuration(step) }
    return { type: 'eval', line, query, ...times, isRange: true, expected: parseExpected(mode, block) }
  }
  const [, mode, at = '', query = ''] = INSTANT.exec(head) ?? []
  if (query === '') throw new Error(`line ${line}: not understood: ${head}`)
  const atMs = parseDuration(at)
  return {
    type: 'eval',
    line,
    query,
    startMs: atMs,
    endMs: atMs,
    stepMs: 0,
    isRange: false,
    expected: parseExpected(mode, block),
  }
}

function parseExpected(mode: string | undefined, block: readonly string[]): Expected {
  const series: { labels: Labels; values: readonly SequenceValue[] }[] = []
  const found: { -readonly [Field in keyof Expected]?: Expected[Field] } = {}
  const occurrences: Record<'warn' | 'info', { conditions: Condition[]; none: boolean; some: boolean }> = {
    warn: { conditions: [], none: false, some: mode === 'warn' },
    info: { conditions: [], none: false, some: mode === 'info' },
  }
  if (mode === 'fail') found.fail = () => true
  if (mode === 'ordered') found.isOrdered = true
  for (const line of block) {
    const [, kind, how, what = ''] = EXPECT.exec(line) ?? []
    const rangeTimes = EXPECT_RANGE.exec(line)
    if (rangeTimes !== null) {
      const [startMs = 0, endMs = 0, stepMs = 0] = rangeTimes.slice(1).map(parseDuration)
      found.range = { startMs, endMs, stepMs }
    } else if (line.startsWith('expect string')) found.text = unquote(line.slice('expect string'.length).trim())
    else if (line.startsWith('expected_fail_message')) found.fail = condition('msg', line.slice(21))
    else if (line.startsWith('expected_fail_regexp')) found.fail = condition('regex', line.slice(20))
    else if (kind === 'ordered') found.isOrdered = true
    else if (kind === 'fail') found.fail = condition(how, what)
    else if (kind === 'warn' || kind === 'info') occurrences[kind].conditions.push(condition(how, what))
    else if (kind === 'no_warn') occurrences.warn.none = true
    else if (kind === 'no_info') occurrences.info.none = true
    else if (isNumber(line)) found.scalar = numberOf(line)
    else series.push(parseSeriesDescription(line))
  }
  const { warn, info } = occurrences
  return {
    isOrdered: false,
    ...found,
    series,
    ...(occurrenceOf(warn) === undefined ? {} : { warn: occurrenceOf(warn) }),
    ...(occurrenceOf(info) === undefined ? {} : { info: occurrenceOf(info) }),
  } as Expected
}

function occurrenceOf(of: { conditions: readonly Condition[]; none: boolean; some: boolean }): Occurrence | undefined {
  if (of.none) return 'none'
  if (of.conditions.length > 0) return of.conditions
  return of.some ? 'some' : undefined
}

function condition(how: string | undefined, what: string): Condition {
  const text = what.trim()
  if (how === 'msg') return (message) => message === text
  if (how === 'regex') return (message) => new RegExp(text, 's').test(message)
  return () => true
}

function isNumber(line: string): boolean {
  return /^[-+]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|nan)$/i.test(line)
}

function numberOf(line: string): number {
  if (/inf$/i.test(line)) return line.startsWith('-') ? -Infinity : Infinity
  return Number(line)
}

/** A text in Go's quotes; scripts use no escapes that JSON does not know. */
function unquote(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1)
  if (text.startsWith("'")) return JSON.parse(`"${text.slice(1, -1).replaceAll('"', '\\"')}"`) as string
  return JSON.parse(text) as string
}
