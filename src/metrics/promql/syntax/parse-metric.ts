import { type Labels, labelsOf, METRIC_NAME } from '../../model/labels.ts'
import { unquote } from './strings.ts'
import { type Context, TokenStream } from './token-stream.ts'
import { isMetricName } from './tokens.ts'

const LABEL_EXPECTED: Context = { name: 'label set', expected: 'identifier or "}"' }
const EQUALS_EXPECTED: Context = { name: 'label set', expected: '"="' }
const VALUE_EXPECTED: Context = { name: 'label set', expected: 'string' }
const SEPARATOR_EXPECTED: Context = { name: 'label set', expected: '"," or "}"' }

/** Reads the labels of one series, `up{job="node"}` or `{"quoted name", job="node"}`. Throws a ParseError. */
export function parseMetric(text: string): Labels {
  const tokens = new TokenStream(text)
  return tokens.finish(() => {
    const labels = readMetric(tokens)
    tokens.expect('end of input')
    return labels
  })
}

/** What stands before the values of a series; there may be nothing. */
export function readMetric(tokens: TokenStream): Labels {
  const name = isMetricName(tokens.peek().type) ? tokens.next().text : ''
  const labels = tokens.peek().type === '{' ? readLabels(tokens) : []
  return labelsOf(name === '' ? labels : [...labels, [METRIC_NAME, name]])
}

type Label = readonly [name: string, value: string]

function readLabels(tokens: TokenStream): readonly Label[] {
  tokens.expect('{')
  const labels: Label[] = []
  if (tokens.peek().type !== '}') {
    do labels.push(readLabel(tokens))
    while (tokens.accept(',') !== undefined && tokens.peek().type !== '}')
  }
  tokens.expect('}', SEPARATOR_EXPECTED)
  return labels
}

function readLabel(tokens: TokenStream): Label {
  const quoted = tokens.accept('string')
  if (quoted !== undefined && tokens.peek().type !== '=') return [METRIC_NAME, unquote(quoted.text)]
  const name = quoted === undefined ? tokens.expect('identifier', LABEL_EXPECTED).text : unquote(quoted.text)
  tokens.expect('=', EQUALS_EXPECTED)
  return [name, unquote(tokens.expect('string', VALUE_EXPECTED).text)]
}
