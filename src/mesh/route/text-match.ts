import { compilePattern } from '../../api/cel/patterns.ts'
import type { StringMatch } from '../config/types/virtual-service.ts'

/** Decides about one text; `undefined` is a header or parameter that the request does not have. */
export type TextMatch = (text: string | undefined) => boolean

/** Characters that mean something to RE2; without them an expression is a text. */
const SPECIAL = /[\\^$.*+?()[\]{}|]/

export const anyText: TextMatch = (text) => text !== undefined

/** Expressions are RE2 and match whole texts. A broken one matches nothing, as Envoy refuses the route that has it. */
export function textMatch({ exact, prefix, regex }: StringMatch, options: { ignoreCase?: boolean } = {}): TextMatch {
  const fold = options.ignoreCase === true ? (text: string) => text.toLowerCase() : (text: string) => text
  if (exact !== undefined) {
    const wanted = fold(exact)
    return (text) => text !== undefined && fold(text) === wanted
  }
  if (prefix !== undefined) {
    const wanted = fold(prefix)
    return (text) => text !== undefined && fold(text).startsWith(wanted)
  }
  return regex === undefined || regex === '*' ? anyText : wholeMatch(regex)
}

/** `{}` and the expression `*`, which is none in RE2, only ask that there is something. */
export function isPresenceOnly({ exact, prefix, regex }: StringMatch): boolean {
  return exact === undefined && prefix === undefined && (regex === undefined || regex === '*')
}

function wholeMatch(regex: string): TextMatch {
  if (regex === '.*') return anyText
  if (!SPECIAL.test(regex)) return (text) => text === regex
  const body = regex.endsWith('.*') ? regex.slice(0, -2) : ''
  if (body !== '' && !SPECIAL.test(body)) return (text) => text !== undefined && startsOneLine(text, body)
  let compiled: { test(text: string): boolean } | undefined
  return (text) => {
    if (text === undefined) return false
    compiled ??= compiledWhole(regex)
    return compiled.test(text)
  }
}

/** The dot of RE2 does not match a new line. */
function startsOneLine(text: string, start: string): boolean {
  return text.startsWith(start) && !text.includes('\n', start.length)
}

function compiledWhole(regex: string): { test(text: string): boolean } {
  try {
    return compilePattern(`^(?:${regex})$`)
  } catch {
    // Admission refuses such objects; one that came past it must not take the other routes down.
    return { test: () => false }
  }
}
