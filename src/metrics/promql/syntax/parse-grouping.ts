import { goQuote } from '../../../base/go-quote.ts'
import { isValidLabelName } from '../../model/names.ts'
import { unquote } from './strings.ts'
import type { Context, TokenStream } from './token-stream.ts'
import { isLabelName } from './tokens.ts'

const OPENING_EXPECTED: Context = { name: 'grouping opts', expected: '"("' }
const LABEL_EXPECTED: Context = { name: 'grouping opts', expected: 'label' }
const SEPARATOR_EXPECTED: Context = { name: 'grouping opts', expected: '"," or ")"' }

/** `(instance, "quoted name")`: names of labels behind `by`, `on`, `group_left` and the like. */
export function parseGrouping(tokens: TokenStream): readonly string[] {
  tokens.expect('(', OPENING_EXPECTED)
  const names: string[] = []
  if (tokens.peek().type !== ')') {
    do names.push(parseLabelName(tokens))
    while (tokens.accept(',') !== undefined && tokens.peek().type !== ')')
  }
  tokens.expect(')', SEPARATOR_EXPECTED)
  return names
}

function parseLabelName(tokens: TokenStream): string {
  const { type } = tokens.peek()
  if (type !== 'string' && !isLabelName(type)) tokens.fail(LABEL_EXPECTED)
  const token = tokens.next()
  const name = type === 'string' ? unquote(token.text) : token.text
  if (!isValidLabelName(name, 'utf8')) tokens.report(token, `invalid label name for grouping: ${goQuote(name)}`)
  return name
}
