import { parseIp } from '../../api/names/ip-address.ts'
import { compareText } from '../../base/compare-text.ts'
import { DurationError, parseSignedDuration } from '../model/duration.ts'
import { escapeQuery } from './builtins.ts'
import type { GoFunctions } from './execute.ts'
import { durationValue } from './go-duration.ts'
import {
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  timeOfSeconds,
  toFloat,
} from './humanize.ts'
import { TemplatePatterns } from './replace.ts'
import {
  anyMap,
  type GoFunction,
  GoError,
  type List,
  safeContent,
  type Struct,
  textMap,
  type Value,
  textOf,
} from './values.ts'

/** One element of what a query in a template gives. */
export interface TemplateSample {
  readonly labels: Readonly<Record<string, string>>
  /** A number, or a histogram in its text form. */
  readonly value: Value
}

export interface PrometheusFunctionOptions {
  readonly nowMs: number
  readonly externalUrl: URL
  /** What a query gives; throws a `GoError` when it fails. */
  query(expr: string): readonly TemplateSample[]
}

/** The functions of Prometheus' templates (prometheus/prometheus template/template.go). */
export function prometheusFunctions(options: PrometheusFunctionOptions): GoFunctions {
  const { nowMs, externalUrl, query } = options
  return {
    ...CONSTANT_FUNCTIONS,
    ...patternFunctions(),
    query: { parameters: ['string'], call: ([expr]) => queryResult(query(textOf(expr))) },
    now: { parameters: [], call: () => nowMs / 1_000 },
    pathPrefix: { parameters: [], call: () => (externalUrl.pathname === '/' ? '' : externalUrl.pathname) },
    externalURL: { parameters: [], call: () => printUrl(externalUrl) },
  }
}

/** A URL as it was written: without the slash that the standard puts after a bare host. */
export function printUrl(url: URL): string {
  const isBare = url.pathname === '/' && url.search === '' && url.hash === ''
  return isBare ? url.href.slice(0, -1) : url.href
}

export function histogramValue(text: string): Struct {
  return { kind: 'struct', type: '*histogram.FloatHistogram', fields: {}, print: () => text }
}

const QUERY_RESULT = 'template.queryResult'
const SAMPLE = '*template.sample'

function queryResult(samples: readonly TemplateSample[]): List {
  const items = samples.map(({ labels, value }): Struct => ({
    kind: 'struct',
    type: SAMPLE,
    fields: { Labels: textMap(labels), Value: value },
  }))
  return { kind: 'list', type: QUERY_RESULT, items }
}

function labelOf(sample: Value, name: string): string {
  if (typeof sample !== 'object' || sample.kind !== 'struct')
    throw new GoError('runtime error: invalid memory address or nil pointer dereference')
  const labels = sample.fields['Labels']
  if (typeof labels !== 'object' || labels.kind !== 'map') return ''
  const value = labels.entries.get(name)
  return typeof value === 'string' ? value : ''
}

function itemsOf(value: Value): readonly Value[] {
  return typeof value === 'object' && value.kind === 'list' ? value.items : []
}

const CONSTANT_FUNCTIONS: GoFunctions = {
  first: {
    parameters: [QUERY_RESULT],
    call([vector]) {
      const [first] = itemsOf(vector)
      if (first === undefined) throw new GoError('first() called on vector with no elements')
      return first
    },
  },
  label: { parameters: ['string', SAMPLE], call: ([name, sample]) => labelOf(sample, textOf(name)) },
  value: {
    parameters: [SAMPLE],
    call: ([sample]) => (typeof sample === 'object' && sample.kind === 'struct' ? sample.fields['Value'] : undefined),
  },
  strvalue: { parameters: [SAMPLE], call: ([sample]) => labelOf(sample, '__value__') },
  sortByLabel: {
    parameters: ['string', QUERY_RESULT],
    call([name, vector]) {
      const items = [...itemsOf(vector)].sort((a, b) => compareText(labelOf(a, textOf(name)), labelOf(b, textOf(name))))
      return { kind: 'list', type: QUERY_RESULT, items }
    },
  },
  args: {
    parameters: [],
    variadic: 'any',
    call: (values) => anyMap(values.map((value, index) => [`arg${index}`, value])),
  },
  safeHtml: onText((text) => safeContent('template.HTML', text)),
  title: onText(titled),
  toUpper: onText((text) => text.toUpperCase()),
  toLower: onText((text) => text.toLowerCase()),
  graphLink: onText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=0`),
  tableLink: onText((expr) => `/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`),
  urlQueryEscape: onText(escapeQuery),
  stripPort: onText((address) => splitHostPort(address)?.host ?? address),
  stripDomain: onText(stripDomain),
  humanize: onNumber(humanize),
  humanize1024: onNumber(humanize1024),
  humanizeDuration: onNumber(humanizeDuration),
  humanizePercentage: onNumber(humanizePercentage),
  humanizeTimestamp: onNumber(humanizeTimestamp),
  toTime: onNumber((value) => timeOfSeconds(toFloat(value))),
  toDuration: onNumber((value) => durationValue(BigInt(Math.trunc(toFloat(value) * 1e9)))),
  parseDuration: onText(secondsOf),
}

/** Functions on regular expressions, with what they compiled. */
export function patternFunctions(): GoFunctions {
  const compiled = new TemplatePatterns()
  return {
    match: {
      parameters: ['string', 'string'],
      call: ([pattern, text]) => compiled.matches(textOf(pattern), textOf(text)),
    },
    reReplaceAll: {
      parameters: ['string', 'string', 'string'],
      call: ([pattern, replacement, text]) => compiled.replaceAll(textOf(pattern), textOf(replacement), textOf(text)),
    },
  }
}

function onText(call: (text: string) => Value): GoFunction {
  return { parameters: ['string'], call: ([text]) => call(textOf(text)) }
}

function onNumber(call: (value: Value) => Value): GoFunction {
  return { parameters: ['any'], call: ([value]) => call(value) }
}

/** The first letter of every word in upper case; the others stay. */
function titled(text: string): string {
  return text.replace(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’_]*/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1))
}

function secondsOf(text: string): number {
  try {
    return parseSignedDuration(text) / 1_000
  } catch (failure) {
    if (failure instanceof DurationError) throw new GoError(failure.message, { cause: failure })
    throw failure
  }
}

/** Host and port of `host:port` or `[v6]:port`; undefined when the address is neither (net.SplitHostPort). */
function splitHostPort(address: string): { host: string; port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address)
  if (match === null) return undefined
  return { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' }
}

function stripDomain(address: string): string {
  const split = splitHostPort(address)
  const host = split?.host ?? address
  if (parseIp(host) !== undefined) return address
  const name = host.split('.')[0] ?? ''
  if (split === undefined || split.port === '') return name
  return name.includes(':') ? `[${name}]:${split.port}` : `${name}:${split.port}`
}
