import { isValidLabelName as isValidName } from '../../model/names.ts'
import { type AlertMatcher, printMatchers } from './alert-matcher.ts'
import { MatcherError } from './matcher-error.ts'
import { parseClassicMatcher, parseClassicMatchers } from './parse-classic.ts'
import { parseUtf8Matcher, parseUtf8Matchers } from './parse-utf8.ts'

/** Which syntax matchers have: the old one, the new one, or the new one with the old one's readings where they differ. */
export type MatcherMode = 'classic' | 'utf8' | 'fallback'

/** Any number of matchers: `{foo="bar", baz=~"a|b"}`. Throws a `MatcherError`. */
export function parseMatchers(text: string, mode: MatcherMode = 'fallback'): readonly AlertMatcher[] {
  if (mode === 'classic') return parseClassicMatchers(text)
  if (mode === 'utf8') return parseUtf8Matchers(text)
  return eitherOf(
    () => parseUtf8Matchers(text),
    () => parseClassicMatchers(text),
  )
}

/** One matcher, without braces. Throws a `MatcherError`. */
export function parseMatcher(text: string, mode: MatcherMode = 'fallback'): AlertMatcher {
  if (mode === 'classic') return parseClassicMatcher(text)
  if (text.startsWith('{') || text.endsWith('}')) throw new MatcherError(`unexpected open or close brace: ${text}`)
  if (mode === 'utf8') return parseUtf8Matcher(text)
  const [matcher] = eitherOf(
    () => [parseUtf8Matcher(text)],
    () => [parseClassicMatcher(text)],
  )
  if (matcher === undefined) throw new MatcherError('no matchers')
  return matcher
}

export function isValidLabelName(name: string, mode: MatcherMode = 'fallback'): boolean {
  return isValidName(name, mode === 'classic' ? 'legacy' : 'utf8')
}

type Parsing = () => readonly AlertMatcher[]

/** What was written for the old syntax keeps its meaning, also where the new one reads something else in it. */
function eitherOf(modern: Parsing, classic: Parsing): readonly AlertMatcher[] {
  const old = attempt(classic)
  const read = attempt(modern)
  if (old instanceof MatcherError) {
    if (read instanceof MatcherError) throw old
    return read
  }
  if (read instanceof MatcherError) return old
  return printMatchers(read) === printMatchers(old) ? read : old
}

function attempt(parse: Parsing): readonly AlertMatcher[] | MatcherError {
  try {
    return parse()
  } catch (failure) {
    if (failure instanceof MatcherError) return failure
    throw failure
  }
}
