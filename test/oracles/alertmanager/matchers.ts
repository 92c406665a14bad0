import {
  type AlertMatcher,
  alertMatcher,
  matcherFromJson,
  type MatcherJson,
  matcherToJson,
  printMatcher,
} from '../../../src/metrics/alerting/matchers/alert-matcher.ts'
import {
  isValidLabelName,
  type MatcherMode,
  parseMatcher,
  parseMatchers,
} from '../../../src/metrics/alerting/matchers/parse-matchers.ts'
import { parseClassicMatchers } from '../../../src/metrics/alerting/matchers/parse-classic.ts'
import { parseUtf8Matcher, parseUtf8Matchers } from '../../../src/metrics/alerting/matchers/parse-utf8.ts'
import type { MatcherOp } from '../../../src/metrics/model/matcher.ts'
import { isRecord } from '../lossless-json.ts'
import { expectFailure, expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

const PARSERS: Readonly<Record<string, (text: string) => readonly AlertMatcher[]>> = {
  'utf8-matchers': parseUtf8Matchers,
  'utf8-matcher': (text) => [parseUtf8Matcher(text)],
  'classic-matchers': parseClassicMatchers,
  'fallback-matchers': (text) => parseMatchers(text),
  'fallback-matcher': (text) => [parseMatcher(text)],
}

/** matchers.json: matchers parsed, printed, applied. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  if ('parser' in input) return runParser(input, expect)
  if ('label_name' in input) {
    const valid = isValidLabelName(textOf(input['label_name']), String(input['mode']) as MatcherMode)
    return expectSame('valid', valid, expect['valid'])
  }
  if (isRecord(input['print'])) return expectSame('text', printMatcher(matcherOf(input['print'])), expect['text'])
  if (isRecord(input['to_json'])) {
    return expectSame('json', JSON.stringify(matcherToJson(matcherOf(input['to_json']))), expect['json'])
  }
  if ('from_json' in input) {
    const json = JSON.parse(String(input['from_json'])) as Partial<MatcherJson>
    return expectSame('matcher', partsOf(matcherFromJson(json)), expect['matcher'])
  }
  const matcher = alertMatcher('name', String(input['op']) as MatcherOp, textOf(input['matcher_value']))
  expectSame('match', matcher.matches(textOf(input['value'])), expect['match'])
}

function runParser(input: OracleCase['input'], expect: OracleCase['expect']): void {
  const parse = PARSERS[String(input['parser'])]
  if (parse === undefined) throw new Mismatch(`unknown parser ${String(input['parser'])}`)
  const text = textOf(input['text'])
  if (expect['ok'] === true) return expectSame('matchers', parse(text).map(partsOf), expect['matchers'])
  const failure = expectFailure('matchers', () => parse(text))
  if ('error' in expect) expectSame('error', failure.message, expect['error'])
}

function matcherOf(parts: Record<string, unknown>): AlertMatcher {
  return alertMatcher(textOf(parts['name']), String(parts['op']) as MatcherOp, textOf(parts['value']))
}

function partsOf({ name, op, value }: AlertMatcher): object {
  return { name, op, value }
}

/** What is no UTF-8 arrives as JavaScript has it: with the replacement character. */
function textOf(value: unknown): string {
  if (isRecord(value)) return Buffer.from(String(value['base64']), 'base64').toString('utf8')
  return String(value)
}
