import type { Cause } from '../../../src/api/errors.ts'
import {
  escapeFieldValue,
  parseFieldSelector,
  splitFieldTerm,
  splitFieldTerms,
  unescapeFieldValue,
} from '../../../src/api/selectors/fields.ts'
import { lexLabels } from '../../../src/api/selectors/label-lexer.ts'
import { parseLabels, printLabels } from '../../../src/api/selectors/label-map.ts'
import { LabelMatcher, matcherOf, matcherOfLabels } from '../../../src/api/selectors/label-matcher.ts'
import { parseLabelSelector } from '../../../src/api/selectors/parse-labels.ts'
import { validateRequirement, type LabelRequirement, type Labels } from '../../../src/api/selectors/requirement.ts'
import { expectFailure, expectSame, expectSameMembers, Mismatch, type OracleCase } from '../oracle.ts'

export function runLabelSelector(name: string, { input, expect }: OracleCase): void {
  const requirements = (input['requirements'] ?? []) as LabelRequirement[]
  switch (name) {
    case 'parse':
      return runParse(String(input['selector']), expect)
    case 'sameString': {
      const texts = (input['selectors'] as string[]).map((text) => parseLabelSelector(text).toString())
      return expectSame('same string', new Set(texts).size === 1, expect['equal'])
    }
    case 'matches':
      return expectSame('matches', matcherOfInput(input).matches(input['labels'] as Labels), expect['matches'])
    case 'lex': {
      const tokens = lexLabels(String(input['text'])).map(({ kind }) => kind)
      const expected = expect['tokens'] as string[]
      return expectSame('tokens', expected.includes('end') ? tokens : tokens.slice(0, -1), expected)
    }
    case 'requirement':
      return expectCauses(validateRequirement(input as unknown as LabelRequirement), expect['errors'])
    case 'toString':
      return expectSame('string', new LabelMatcher(requirements).toString(), expect['string'])
    case 'setString':
      return expectSame('string', printLabels(input['matchLabels'] as Labels), expect['string'])
    case 'requiresExactMatch': {
      const value = matcherOf(requirements).exactValueOf(String(input['label']))
      expectSame('found', value !== undefined, expect['found'])
      return 'value' in expect ? expectSame('value', value, expect['value']) : undefined
    }
    case 'selectorFromSet':
      return runSelectorFromSet(input['matchLabels'] as Labels, expect)
    case 'toMap':
      if (expect['error'] === true) return void expectFailure('labels', () => parseLabels(String(input['selector'])))
      return expectSame('labels', parseLabels(String(input['selector'])), expect['labels'])
    default:
      throw new Error(`unknown function labels.${name}`)
  }
}

export function runFieldSelector(name: string, { input, expect }: OracleCase): void {
  const text = String(input['selector'] ?? input['term'] ?? input['value'] ?? input['escaped'])
  switch (name) {
    case 'splitTerms':
      return expectSame('terms', splitFieldTerms(text), expect['terms'])
    case 'splitTerm': {
      const term = splitFieldTerm(text)
      const { field = '', operator = '', value = '' } = term ?? {}
      return expectSame('term', { lhs: field, op: operator, rhs: value, ok: term !== undefined }, expect)
    }
    case 'escape':
      expectSame('unescaped', unescapeFieldValue(escapeFieldValue(text)), text)
      return expectSame('escaped', escapeFieldValue(text), expect['escaped'])
    case 'unescape':
      if (expect['error'] === true) return void expectFailure('unescaped', () => unescapeFieldValue(text))
      return expectSame('unescaped', unescapeFieldValue(text), expect['value'])
    case 'parse':
      if (expect['error'] === true) return void expectFailure('selector', () => parseFieldSelector(text))
      return expectSame('string', parseFieldSelector(text).toString(), expect['string'])
    case 'matches': {
      const fields = input['fields'] as Record<string, string>
      return expectSame(
        'matches',
        parseFieldSelector(text).matches((field) => fields[field] ?? ''),
        expect['matches'],
      )
    }
    default:
      throw new Error(`unknown function fields.${name}`)
  }
}

function runParse(text: string, expect: OracleCase['expect']): void {
  if (expect['error'] === true) return void expectFailure('selector', () => parseLabelSelector(text))
  const { requirements } = parseLabelSelector(text)
  if ('string' in expect) expectSame('string', parseLabelSelector(text).toString(), expect['string'])
  if ('requirements' in expect) expectSame('requirements', requirements, expect['requirements'])
  if ('requirementsInAnyOrder' in expect) {
    expectSameMembers('requirements', requirements, expect['requirementsInAnyOrder'] as unknown[])
  }
}

function matcherOfInput(input: OracleCase['input']): LabelMatcher {
  if (typeof input['selector'] === 'string') return parseLabelSelector(input['selector'])
  if (input['requirements'] !== undefined) return new LabelMatcher(input['requirements'] as LabelRequirement[])
  return matcherOfLabels(input['matchLabels'] as Labels)
}

function runSelectorFromSet(labels: Labels, expect: OracleCase['expect']): void {
  const matcher = matcherOfLabels(labels)
  const causes = matcher.requirements.flatMap((requirement) => validateRequirement(requirement))
  if ('errors' in expect) return expectCauses(causes, expect['errors'])
  expectCauses(causes, [])
  expectSame('requirements', matcher.requirements, expect['requirements'])
}

/** Upstream compares the type, the field and the value; a Cause has them in its reason and its message. */
function expectCauses(causes: readonly Cause[], expected: unknown): void {
  const errors = expected as { type: string; field: string; badValue: unknown }[]
  const actual = causes.map(({ reason, field }) => ({ type: reason.replace('FieldValue', ''), field }))
  expectSameMembers(
    'errors',
    actual,
    errors.map(({ type, field }) => ({ type, field })),
  )
  for (const { field, badValue } of errors) {
    const message = causes.find((cause) => cause.field === field)?.message ?? ''
    if (!message.includes(`value: ${JSON.stringify(badValue)}`)) {
      throw new Mismatch(`${field}: ${message} does not name ${JSON.stringify(badValue)}`)
    }
  }
}
