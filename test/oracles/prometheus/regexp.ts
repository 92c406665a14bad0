import { matcher, type MatcherOp } from '../../../src/metrics/model/matcher.ts'
import { RegexError } from '../../../src/metrics/model/matcher-regex.ts'
import { isRecord } from '../lossless-json.ts'
import { expectFailure, expectSame, expectSameMembers, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

export const oracle: Oracle = {
  open: (document) => {
    const values = Array.isArray(document['values']) ? document['values'].map(textOf) : []
    return (oracleCase) => runCase(oracleCase, values)
  },
}

/** A text; undefined for bytes that are no UTF-8, which JavaScript has no text for. */
function textOf(value: unknown): string | undefined {
  return isRecord(value) ? undefined : String(value)
}

function runCase({ id, input, expect }: OracleCase, values: readonly (string | undefined)[]): void {
  if (id.startsWith('regexp/match/')) return runMatch(input, { expect, values })
  if (id.startsWith('regexp/matcher/')) return runMatcher(input, expect)
  runSet(input, expect)
}

function runMatch(
  { regex }: OracleCase['input'],
  { expect, values }: { expect: OracleCase['expect']; values: readonly (string | undefined)[] },
): void {
  const { matches } = matcher('label', '=~', String(regex))
  const expected = Array.isArray(expect['matches']) ? expect['matches'] : []
  const known = expected.filter((index) => values[Number(index)] !== undefined)
  const matching = [...values.keys()].filter((index) => {
    const value = values[index]
    return value !== undefined && matches(value)
  })
  expectSame('matching', matching, known)
}

function runMatcher(input: OracleCase['input'], expect: OracleCase['expect']): void {
  const op = String(input['op']) as MatcherOp
  const value = String(input['matcher_value'])
  if (expect['ok'] === false || expect['error'] !== undefined) {
    const failure = expectFailure('matcher', () => matcher('label', op, value))
    if (!(failure instanceof RegexError)) throw new Mismatch(`want a RegexError, got ${failure.stack}`)
    return
  }
  expectSame('matches', matcher('label', op, value).matches(String(input['value'])), expect['match'])
}

function runSet({ regex }: OracleCase['input'], expect: OracleCase['expect']): void {
  const { only } = matcher('label', '=~', String(regex))
  const wanted = expect['set_matches']
  // The set is there to save work: none is as right as one.
  if (only === undefined || !Array.isArray(wanted) || expect['case_sensitive'] === false) return
  expectSameMembers('set', [...only], wanted)
}
