import { goQuote } from '../../../base/go-quote.ts'
import { durationValue } from '../../templates/go-duration.ts'
import type { GoFunctions } from '../../templates/execute.ts'
import { formatTime, isTime, timeOfMs, type TimeValue, timeValue } from '../../templates/go-time.ts'
import { humanizeDuration } from '../../templates/humanize.ts'
import { parseTime, zeroTime } from '../../templates/parse-time.ts'
import { printJson } from '../../templates/print.ts'
import { patternFunctions } from '../../templates/prometheus-functions.ts'
import { timeZone } from '../../templates/time-zone.ts'
import { anyMap, type GoFunction, GoError, safeContent, textList, textOf, type Value } from '../../templates/values.ts'

/** The functions of notifications' templates (prometheus/alertmanager template/template.go DefaultFuncs). */
export function notificationFunctions(now: () => number): GoFunctions {
  return {
    ...patternFunctions(),
    ...FUNCTIONS,
    now: { parameters: [], call: () => timeOfMs(now()) },
    since: {
      parameters: ['time.Time'],
      call: ([time]) => durationValue(timeOfMs(now()).nanoseconds - timeOf(time).nanoseconds),
    },
  }
}

const FUNCTIONS: GoFunctions = {
  toUpper: onText((text) => text.toUpperCase()),
  toLower: onText((text) => text.toLowerCase()),
  title: onText(titled),
  trimSpace: onText((text) => text.trim()),
  join: {
    parameters: ['string', '[]string'],
    call: ([separator, list]) => itemsOf(list).map(textOf).join(textOf(separator)),
  },
  safeHtml: onText((text) => safeContent('template.HTML', text)),
  safeUrl: onText((text) => safeContent('template.URL', text)),
  urlUnescape: onText(unescapeQuery),
  stringSlice: { parameters: [], variadic: 'string', call: (items) => textList(items.map(textOf)) },
  routeLabels: onText(() => ''),
  date: { parameters: ['string', 'time.Time'], call: ([layout, time]) => formatTime(timeOf(time), textOf(layout)) },
  tz: {
    parameters: ['string', 'time.Time'],
    call([name, time]) {
      const zone = timeZone(textOf(name))
      if (zone === undefined) throw new GoError(`unknown time zone ${textOf(name)}`)
      return timeValue(timeOf(time).nanoseconds, zone)
    },
  },
  humanizeDuration: { parameters: ['any'], call: ([value]) => humanizeDuration(value) },
  toDate: { parameters: ['string', 'string'], call: ([layout, text]) => dateOrZero(textOf(layout), textOf(text)) },
  mustToDate: { parameters: ['string', 'string'], call: ([layout, text]) => parseTime(textOf(layout), textOf(text)) },
  toJson: { parameters: ['any'], call: ([value]) => printJson(value) },
  base64encode: onText((text) => Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')),
  base64decode: onText(decodeBase64),
  list: { parameters: [], variadic: 'any', call: anyList },
  append: {
    parameters: ['[]interface {}'],
    variadic: 'any',
    call: ([list, ...items]) => anyList([...itemsOf(list), ...items]),
  },
  dict: { parameters: [], variadic: 'any', call: dict },
}

function onText(call: (text: string) => Value): GoFunction {
  return { parameters: ['string'], call: ([text]) => call(textOf(text)) }
}

function itemsOf(value: Value): readonly Value[] {
  return typeof value === 'object' && value.kind === 'list' ? value.items : []
}

function anyList(items: readonly Value[]): Value {
  return { kind: 'list', type: '[]interface {}', items }
}

function dict(values: readonly Value[]): Value {
  if (values.length % 2 !== 0) throw new GoError('dict requires an even number of arguments')
  const entries: [string, Value][] = []
  for (let index = 0; index < values.length; index += 2) {
    const key = values[index]
    if (typeof key !== 'string') throw new GoError('dict keys must be strings')
    entries.push([key, values[index + 1]])
  }
  return anyMap(entries)
}

function timeOf(value: Value): TimeValue {
  return isTime(value) ? value : zeroTime()
}

function dateOrZero(layout: string, text: string): TimeValue {
  try {
    return parseTime(layout, text)
  } catch (failure) {
    if (failure instanceof GoError) return zeroTime()
    throw failure
  }
}

/** The first letter of every word in upper case, the others in lower case. */
function titled(text: string): string {
  return text.replace(
    /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’_]*/gu,
    (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
  )
}

function unescapeQuery(text: string): string {
  const broken = /%(?![0-9a-fA-F]{2})[^]{0,2}/.exec(text)
  if (broken !== null) throw new GoError(`invalid URL escape ${goQuote(broken[0])}`)
  const parts = text.replaceAll('+', ' ').split(/(%[0-9a-fA-F]{2})/)
  const bytes = parts.map((part) => (part.startsWith('%') ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part)))
  return Buffer.concat(bytes).toString()
}

/** The URL-safe alphabet, with padding. */
function decodeBase64(text: string): string {
  const isWellFormed = text.length % 4 === 0 && /^[A-Za-z0-9_-]*={0,2}$/.test(text)
  if (!isWellFormed) {
    const at = text.search(/[^A-Za-z0-9_=-]/)
    throw new GoError(`illegal base64 data at input byte ${at < 0 ? text.length : at}`)
  }
  return Buffer.from(text, 'base64url').toString()
}
