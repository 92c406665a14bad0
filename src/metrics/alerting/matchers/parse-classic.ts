import type { MatcherOp } from '../../model/matcher.ts'
import { type AlertMatcher, alertMatcher } from './alert-matcher.ts'
import { MatcherError } from './matcher-error.ts'

const MATCHER = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*([^]*?)\s*$/

/** Matchers of the old syntax, tolerant of what surrounds them (prometheus/alertmanager pkg/labels/parse.go). Throws a `MatcherError`. */
export function parseClassicMatchers(text: string): readonly AlertMatcher[] {
  return splitMatchers(text.replace(/^\{/, '').replace(/\}$/, '')).map(parseClassicMatcher)
}

/** At commas outside of quotes; a comma at the end ends nothing. */
function splitMatchers(text: string): readonly string[] {
  const parts: string[] = []
  let part = ''
  let isQuoted = false
  let isEscaped = false
  for (const character of text) {
    if (character === ',' && !isQuoted) {
      parts.push(part)
      part = ''
      continue
    }
    if (character === '"') {
      if (!isEscaped) isQuoted = !isQuoted
      isEscaped = false
    } else isEscaped = character === '\\' ? !isEscaped : character === ',' ? isEscaped : false
    part += character
  }
  const last = part.trim()
  return last === '' ? parts : [...parts, last]
}

/** One matcher. Throws a `MatcherError`. */
export function parseClassicMatcher(text: string): AlertMatcher {
  const [, name, op, raw] = MATCHER.exec(text) ?? []
  if (name === undefined || op === undefined || raw === undefined) throw new MatcherError(`bad matcher format: ${text}`)
  const value = unescape(raw)
  try {
    return alertMatcher(name, op as MatcherOp, value)
  } catch (failure) {
    throw new MatcherError(failure instanceof Error ? failure.message : String(failure), { cause: failure })
  }
}

function unescape(raw: string): string {
  if (!raw.isWellFormed() || raw.includes('\uFFFD')) throw new MatcherError(`matcher value not valid UTF-8: ${raw}`)
  const isQuoted = raw.startsWith('"')
  const inner = isQuoted ? raw.slice(1) : raw
  let value = ''
  let isClosed = false
  for (let at = 0; at < inner.length; at++) {
    const character = inner.charAt(at)
    const isLast = at === inner.length - 1
    if (character === '\\' && !isLast) {
      const next = inner.charAt(++at)
      // What is no escape stands for itself, backslash and all.
      value += next === 'n' ? '\n' : next === '"' || next === '\\' ? next : `\\${next}`
    } else if (character === '"') {
      if (!isQuoted || !isLast) throw unescapedQuote(raw)
      isClosed = true
    } else value += character
  }
  if (isQuoted && !isClosed) throw unescapedQuote(raw)
  return value
}

function unescapedQuote(raw: string): MatcherError {
  return new MatcherError(`matcher value contains unescaped double quote: ${raw}`)
}
