import { goQuote } from '../../../base/go-quote.ts'
import { bytesOf } from './source.ts'

/** What has no spelling of its own, by the words in which errors speak of it. */
export type OpenTokenType =
  | 'identifier'
  | 'metric identifier'
  | 'number'
  | 'duration'
  | 'string'
  | 'end of input'
  | SeriesTokenType
  | 'error'

/** What only the values of a series have. */
type SeriesTokenType = 'space' | '_' | 'x' | '{{' | '}}' | 'descriptor' | 'hint'

/** A token's type is its spelling in lower case where it has just one: `(`, `by`, `sum`, `==`. */
export type TokenType = OpenTokenType | Word | Symbol

export interface Token {
  readonly type: TokenType
  /** In bytes of the query's UTF-8. */
  readonly start: number
  readonly end: number
  /** As written; of an error, what is wrong. */
  readonly text: string
}

const OPERATOR_WORDS = ['and', 'or', 'unless', 'atan2'] as const

const AGGREGATORS = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] as const

const KEYWORDS = [
  'offset',
  'smoothed',
  'anchored',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
] as const

/** Words that are functions of the evaluation: usable after `@`, in durations, and as experimental functions. */
const PREPROCESSORS = ['start', 'end', 'step', 'range', 'max_of', 'min_of'] as const

const OPERATOR_SYMBOLS = [
  '-',
  '+',
  '*',
  '%',
  '/',
  '==',
  '!=',
  '<=',
  '<',
  '>=',
  '>',
  '</',
  '>/',
  '=~',
  '!~',
  '^',
  '@',
] as const

type Word =
  | (typeof OPERATOR_WORDS)[number]
  | (typeof AGGREGATORS)[number]
  | (typeof KEYWORDS)[number]
  | (typeof PREPROCESSORS)[number]

type Symbol = (typeof OPERATOR_SYMBOLS)[number] | '(' | ')' | '{' | '}' | '[' | ']' | ',' | '=' | ':'

const AGGREGATOR_TYPES: ReadonlySet<TokenType> = new Set(AGGREGATORS)
const KEYWORD_TYPES: ReadonlySet<TokenType> = new Set(KEYWORDS)
const OPERATOR_TYPES: ReadonlySet<TokenType> = new Set([...OPERATOR_WORDS, ...OPERATOR_SYMBOLS])
const PREPROCESSOR_TYPES: ReadonlySet<TokenType> = new Set(PREPROCESSORS)

/** Spelling in lower case → type. `inf` and `nan` are numbers. */
export const WORDS: ReadonlyMap<string, TokenType> = new Map<string, TokenType>([
  ...[...OPERATOR_WORDS, ...AGGREGATORS, ...KEYWORDS, ...PREPROCESSORS].map((word) => [word, word] as const),
  ['inf', 'number'],
  ['nan', 'number'],
])

export function isAggregator(type: TokenType): type is (typeof AGGREGATORS)[number] {
  return AGGREGATOR_TYPES.has(type)
}

export function isPreprocessor(type: TokenType): type is (typeof PREPROCESSORS)[number] {
  return PREPROCESSOR_TYPES.has(type)
}

const NEVER_METRICS: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'atan2',
])

/** Whether it can be the name of a metric that stands before the braces. */
export function isMetricName(type: TokenType): boolean {
  return type === 'identifier' || type === 'metric identifier' || (isWord(type) && !NEVER_METRICS.has(type))
}

/** Whether an expression can begin with it. */
export function startsExpression(type: TokenType): boolean {
  return STARTERS.has(type) || isMetricName(type)
}

const STARTERS: ReadonlySet<TokenType> = new Set<TokenType>(['number', 'duration', 'string', '(', '{', '+', '-'])

/** Whether it can be a label's name in `by (…)` and the like: all words but one can. */
export function isLabelName(type: TokenType): boolean {
  return type === 'identifier' || type === 'metric identifier' || (isWord(type) && type !== 'without')
}

function isWord(type: TokenType): type is Word {
  return WORDS.get(type) === type
}

/** At most so much of a literal is shown in a message. */
const SHOWN_MAX = 10

/** A token in the words of an error message (promql/parser/lex.go). */
export function describeToken({ type, text }: Token): string {
  switch (type) {
    case 'end of input':
      return type
    case 'identifier':
    case 'metric identifier':
      return `${type} ${goQuote(text)}`
    case 'number':
    case 'duration':
    case 'string':
      return `${type} ${shown(text)}`
    case 'error':
      return `${type} ${text}`
    default:
  }
  if (KEYWORD_TYPES.has(type)) return `<${text}>`
  if (OPERATOR_TYPES.has(type)) return `<op:${text}>`
  return AGGREGATOR_TYPES.has(type) ? `<aggr:${text}>` : shown(text)
}

function shown(text: string): string {
  if (bytesOf(text).length <= SHOWN_MAX) return goQuote(text)
  return `${goQuote(Array.from(text).slice(0, SHOWN_MAX).join(''))}...`
}
