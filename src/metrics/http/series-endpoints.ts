import { compareText } from '../../base/compare-text.ts'
import { goQuote } from '../../base/go-quote.ts'
import { compareLabels, type Labels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Queryable, Selection } from '../model/storage.ts'
import { isValidLabelName, unescapeName } from '../model/names.ts'
import { type Answer, answerOf, type Endpoint } from './answer.ts'
import { badData, invalidParameter } from './api-error.ts'
import { limitParameter, matcherSets, MAX_TIME_MS, MIN_TIME_MS, timeParameter } from './parameters.ts'
import { printLabels } from './print-json.ts'
import { formOf, type WebRequest } from '../../world/web.ts'

const TRUNCATED = 'results truncated due to limit'
const ESCAPED_PREFIX = 'U__'
const VALUES_PATH = /^label\/(.+)\/values$/

/** The endpoints that tell which series there are. */
export function seriesEndpoints(queryable: Queryable): Readonly<Record<string, Endpoint>> {
  return {
    labels: (request) => names(request, (selection) => queryable.labelNames(selection)),
    series: (request) => series(request, queryable),
  }
}

/** `label/NAME/values`: the one endpoint with a part that varies. `undefined` for any other path. */
export function labelValuesEndpoint(path: string, queryable: Queryable): Endpoint | undefined {
  const [, text = ''] = VALUES_PATH.exec(path) ?? []
  if (text === '') return undefined
  const name = text.startsWith(ESCAPED_PREFIX) ? unescapeName(text) : text
  return async (request) => {
    if (!isValidLabelName(name, 'utf8')) throw badData(`invalid label name: ${goQuote(name)}`)
    return names(request, (selection) => queryable.labelValues(name, selection))
  }
}

async function names(request: WebRequest, read: (selection: Selection) => Promise<readonly string[]>): Promise<Answer> {
  const form = await formOf(request)
  const limit = limitParameter(form)
  const range = rangeOf(form)
  const sets = matcherSets(form)
  const all = sets.length === 0 ? [[]] : sets
  const lists = await Promise.all(all.map((matchers) => read(selectionOf(matchers, range, limit))))
  const found = lists.length === 1 ? (lists[0] ?? []) : [...new Set(lists.flat())].sort(compareText)
  if (limit === 0 || found.length <= limit) return answerOf(found)
  return answerOf(found.slice(0, limit), { warnings: [TRUNCATED] })
}

async function series(request: WebRequest, queryable: Queryable): Promise<Answer> {
  const form = await formOf(request)
  if (form.getAll('match[]').length === 0) throw badData('no match[] parameter provided')
  const limit = limitParameter(form)
  const range = rangeOf(form)
  let sets: readonly (readonly Matcher[])[]
  try {
    sets = matcherSets(form)
  } catch (error) {
    throw invalidParameter('match[]', (error as Error).message)
  }
  const lists = await Promise.all(sets.map((matchers) => queryable.select(selectionOf(matchers, range, limit))))
  const byKey = new Map<string, Labels>()
  for (const { labels } of lists.flat()) byKey.set(labels.key, labels)
  const found = [...byKey.values()]
  if (lists.length > 1) found.sort(compareLabels)
  const isTruncated = limit > 0 && found.length > limit
  const printed = (isTruncated ? found.slice(0, limit) : found).map(printLabels)
  return { json: `[${printed.join(',')}]`, ...(isTruncated ? { warnings: [TRUNCATED] } : {}) }
}

interface Range {
  readonly minMs: number
  readonly maxMs: number
}

function rangeOf(form: URLSearchParams): Range {
  return { minMs: timeParameter(form, 'start', MIN_TIME_MS), maxMs: timeParameter(form, 'end', MAX_TIME_MS) }
}

/** One more than asked for, so that it is seen that there are more. */
function selectionOf(matchers: readonly Matcher[], range: Range, limit: number): Selection {
  return { matchers, ...range, ...(limit === 0 ? {} : { limit: limit + 1 }) }
}
