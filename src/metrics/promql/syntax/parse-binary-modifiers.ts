import type { BinaryExpr, VectorMatching } from './ast.ts'
import { isNumberToken, parseNumberLiteral } from './parse-duration.ts'
import { parseGrouping } from './parse-grouping.ts'
import type { TokenStream } from './token-stream.ts'
import { startsExpression, type TokenType } from './tokens.ts'

/** What stands between an operator and its right side: `bool on (job) group_left (code) fill (0)`. */
export function parseBinaryModifiers(
  tokens: TokenStream,
): Pick<BinaryExpr, 'returnBool'> & { readonly matching: VectorMatching } {
  const returnBool = tokens.accept('bool') !== undefined
  const matching = { ...parseMatching(tokens), ...parseFill(tokens) }
  return { returnBool, matching }
}

function parseMatching(tokens: TokenStream): VectorMatching {
  const on = tokens.accept('on') !== undefined
  if (!on && tokens.accept('ignoring') === undefined) return { card: 'one-to-one', on, labels: [], include: [] }
  const labels = parseGrouping(tokens)
  const { type } = tokens.peek()
  if (type !== 'group_left' && type !== 'group_right') return { card: 'one-to-one', on, labels, include: [] }
  tokens.next()
  // The list may be missing, but only where something else can follow.
  const after = tokens.peek().type
  const include = after !== '(' && (startsExpression(after) || isFill(after)) ? [] : parseGrouping(tokens)
  return { card: type === 'group_left' ? 'many-to-one' : 'one-to-many', on, labels, include }
}

function parseFill(tokens: TokenStream): Pick<VectorMatching, 'fillLeft' | 'fillRight'> {
  const { type } = tokens.peek()
  if (type === 'fill') {
    const value = parseFillValue(tokens)
    return { fillLeft: value, fillRight: value }
  }
  if (type === 'fill_left') {
    const fillLeft = parseFillValue(tokens)
    return tokens.peek().type === 'fill_right' ? { fillLeft, fillRight: parseFillValue(tokens) } : { fillLeft }
  }
  if (type === 'fill_right') {
    const fillRight = parseFillValue(tokens)
    return tokens.peek().type === 'fill_left' ? { fillLeft: parseFillValue(tokens), fillRight } : { fillRight }
  }
  return {}
}

function isFill(type: TokenType): boolean {
  return type === 'fill' || type === 'fill_left' || type === 'fill_right'
}

/** `fill (-1)`, and the same after `fill_left` and `fill_right`. */
function parseFillValue(tokens: TokenStream): number {
  tokens.next()
  tokens.expect('(')
  const isNegative = tokens.accept('-') !== undefined
  if (!isNegative) tokens.accept('+')
  if (!isNumberToken(tokens.peek().type)) tokens.fail()
  const { value } = parseNumberLiteral(tokens)
  tokens.expect(')')
  return isNegative ? -value : value
}
