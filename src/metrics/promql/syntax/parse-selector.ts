import { METRIC_NAME } from '../../model/labels.ts'
import { matcher, type Matcher, type MatcherOp } from '../../model/matcher.ts'
import { RegexError } from '../../model/matcher-regex.ts'
import type { Position, VectorSelector } from './ast.ts'
import { unquote } from './strings.ts'
import type { Context, TokenStream } from './token-stream.ts'
import type { Token, TokenType } from './tokens.ts'

const LABEL_EXPECTED: Context = { name: 'label matching', expected: 'identifier or "}"' }
const OPERATOR_EXPECTED: Context = { name: 'label matching', expected: 'label matching operator' }
const VALUE_EXPECTED: Context = { name: 'label matching', expected: 'string' }
const SEPARATOR_EXPECTED: Context = { name: 'label matching', expected: '"," or "}"' }

/** `name`, `name{…}` or `{…}`; the name, if there is one, has been read. */
export function parseVectorSelector(tokens: TokenStream, nameToken?: Token): VectorSelector {
  const { start } = nameToken ?? tokens.peek()
  if (nameToken === undefined) return { type: 'VectorSelector', name: '', offsetMs: 0, ...parseBraces(tokens, start) }
  const name = nameToken.text
  const named = matcher(METRIC_NAME, '=', name)
  const pos = { start, end: nameToken.end }
  if (tokens.peek().type !== '{') return { type: 'VectorSelector', name, matchers: [named], offsetMs: 0, pos }
  const braces = parseBraces(tokens, start)
  return { type: 'VectorSelector', name, offsetMs: 0, ...braces, matchers: [...braces.matchers, named] }
}

function parseBraces(tokens: TokenStream, start: number): Pick<VectorSelector, 'matchers' | 'pos'> {
  tokens.expect('{')
  const matchers: Matcher[] = []
  if (tokens.peek().type !== '}') {
    do {
      const parsed = parseMatcher(tokens)
      if (parsed !== undefined) matchers.push(parsed)
    } while (tokens.accept(',') !== undefined && tokens.peek().type !== '}')
  }
  const { end } = tokens.expect('}', SEPARATOR_EXPECTED)
  return { matchers, pos: { start, end } }
}

/** Undefined when its regular expression is malformed, which has been reported then. */
function parseMatcher(tokens: TokenStream): Matcher | undefined {
  const label = tokens.accept('identifier') ?? tokens.expect('string', LABEL_EXPECTED)
  const name = label.type === 'string' ? unquote(label.text) : label.text
  const op = matcherOp(tokens.peek().type)
  if (op === undefined)
    return label.type === 'string' ? matcher(METRIC_NAME, '=', name) : tokens.fail(OPERATOR_EXPECTED)
  tokens.next()
  const value = tokens.expect('string', VALUE_EXPECTED)
  return checkedMatcher(tokens, { name, op, value: unquote(value.text), pos: matcherSpan(label, value) })
}

function checkedMatcher(
  tokens: TokenStream,
  { name, op, value, pos }: { name: string; op: MatcherOp; value: string; pos: Position },
): Matcher | undefined {
  try {
    return matcher(name, op, value)
  } catch (failure) {
    if (!(failure instanceof RegexError)) throw failure
    tokens.report(pos, failure.message)
    return undefined
  }
}

function matcherSpan(label: Token, value: Token): Position {
  return { start: label.start, end: value.end }
}

function matcherOp(type: TokenType): MatcherOp | undefined {
  return type === '=' || type === '!=' || type === '=~' || type === '!~' ? type : undefined
}
