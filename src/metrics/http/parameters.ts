import { DurationError, parseDuration } from '../model/duration.ts'
import type { Matcher } from '../model/matcher.ts'
import { parseSelector } from '../promql/syntax/parse.ts'
import { badData, invalidParameter } from './api-error.ts'

/** What stands for "from the beginning" and "to the end" where a request names no time. */
export const MIN_TIME_MS = -(2 ** 53)
export const MAX_TIME_MS = 2 ** 53

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
/** Seconds that a Go duration can hold. */
const DURATION_MAX_SECONDS = 9_223_372_036.854_776

/** A time in seconds since the epoch, or as RFC 3339 has it. Milliseconds. */
export function timeParameter(form: URLSearchParams, name: string, absentMs?: number): number {
  const text = form.get(name) ?? ''
  if (text === '' && absentMs !== undefined) return absentMs
  const found = NUMBER.test(text)
    ? Math.round(Number(text) * 1_000)
    : RFC3339.test(text)
      ? Date.parse(text)
      : Number.NaN
  if (Number.isFinite(found)) return found
  const words = `cannot parse ${JSON.stringify(text)} to a valid timestamp`
  throw invalidParameter(name, absentMs === undefined ? words : `invalid time value for '${name}': ${words}`)
}

/** Seconds, or a duration such as `5m`. Milliseconds. Throws in upstream's words. */
export function readDuration(text: string): number {
  if (NUMBER.test(text)) {
    const seconds = Number(text)
    if (Math.abs(seconds) > DURATION_MAX_SECONDS) {
      throw badData(`cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`)
    }
    return seconds * 1_000
  }
  try {
    return parseDuration(text)
  } catch (error) {
    if (!(error instanceof DurationError)) throw error
    throw badData(`cannot parse ${JSON.stringify(text)} to a valid duration`)
  }
}

export function durationParameter(form: URLSearchParams, name: string): number {
  try {
    return readDuration(form.get(name) ?? '')
  } catch (error) {
    throw invalidParameter(name, (error as Error).message)
  }
}

/** How many results at most; 0: all. */
export function limitParameter(form: URLSearchParams): number {
  const text = form.get('limit') ?? ''
  if (text === '') return 0
  if (!/^[+-]?\d+$/.test(text)) {
    throw invalidParameter('limit', `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  const limit = Number(text)
  if (limit < 0) throw invalidParameter('limit', 'limit must be non-negative')
  return limit
}

/** The series selectors of `match[]`. Throws plainly: some callers name the parameter, and some do not. */
export function matcherSets(form: URLSearchParams): readonly (readonly Matcher[])[] {
  return form.getAll('match[]').map((text) => {
    let matchers: readonly Matcher[]
    try {
      matchers = parseSelector(text)
    } catch (error) {
      throw badData((error as Error).message)
    }
    if (matchers.every((matcher) => matcher.matches(''))) {
      throw badData('match[] must contain at least one non-empty matcher')
    }
    return matchers
  })
}
