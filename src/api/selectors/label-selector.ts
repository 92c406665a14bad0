import type { Cause } from '../errors.ts'
import { forbiddenField, invalidValue, required } from '../errors.ts'
import { validateLabelName, validateLabels, validateLabelValue } from '../names/labels.ts'
import { EVERYTHING, matcherOf, NOTHING, SelectorError, type LabelMatcher } from './label-matcher.ts'
import { parseLabelSelector } from './parse-labels.ts'
import type { LabelOperator, LabelRequirement, Labels } from './requirement.ts'

/** A label selector as it stands in API objects. Absent it selects nothing, empty it selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  readonly key: string
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string
  readonly values?: readonly string[]
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/** Matchers by the selector's reference: API objects are immutable, and controllers ask for the same one often. */
const matchers = new WeakMap<LabelSelector, LabelMatcher>()

/** Throws a `SelectorError` when the selector breaks a rule, which validation rules out for stored objects. */
export function matcherOfSelector(selector: LabelSelector | undefined): LabelMatcher {
  if (selector === undefined) return NOTHING
  const known = matchers.get(selector)
  if (known !== undefined) return known
  const matcher = compileSelector(selector)
  matchers.set(selector, matcher)
  return matcher
}

function compileSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelMatcher {
  const requirements: LabelRequirement[] = Object.entries(matchLabels).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }))
  for (const { key, operator, values = [] } of matchExpressions) {
    const known = OPERATORS[operator]
    if (known === undefined) throw new SelectorError(`"${operator}" is not a valid label selector operator`)
    requirements.push({ key, operator: known, values })
  }
  return requirements.length === 0 ? EVERYTHING : matcherOf(requirements)
}

/** `app=web` in the form of API objects. Throws a `SelectorError`. */
export function parseToLabelSelector(text: string): LabelSelector {
  const matchLabels: Record<string, string> = {}
  const matchExpressions: LabelSelectorRequirement[] = []
  for (const { key, operator, values } of requirementsOf(text)) {
    if (operator === '=' || operator === '==') matchLabels[key] = values[0] ?? ''
    else matchExpressions.push({ key, operator: printedOperator(operator), values })
  }
  return { matchLabels, matchExpressions }
}

/** As tables and `kubectl describe` show it. */
export function printLabelSelector(selector: LabelSelector | undefined): string {
  try {
    const text = matcherOfSelector(selector).toString()
    return text === '' ? '<none>' : text
  } catch (failure) {
    if (failure instanceof SelectorError) return '<error>'
    throw failure
  }
}

export interface LabelSelectorRules {
  /** Set where stored objects hold values that today would be refused. */
  readonly allowInvalidValues?: boolean
}

/** k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go ValidateLabelSelector. */
export function* validateLabelSelector(
  selector: LabelSelector | undefined,
  field: string,
  rules: LabelSelectorRules = {},
): Generator<Cause> {
  if (selector === undefined) return
  yield* validateLabels(selector.matchLabels, `${field}.matchLabels`)
  for (const [index, requirement] of (selector.matchExpressions ?? []).entries()) {
    yield* validateLabelSelectorRequirement(requirement, `${field}.matchExpressions[${index}]`, rules)
  }
}

function* validateLabelSelectorRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  field: string,
  { allowInvalidValues = false }: LabelSelectorRules = {},
): Generator<Cause> {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      yield required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      yield forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    }
  } else yield invalidValue(`${field}.operator`, operator, 'not a valid selector operator')
  yield* validateLabelName(key, `${field}.key`)
  if (allowInvalidValues) return
  for (const [index, value] of values.entries()) {
    for (const problem of validateLabelValue(value)) yield invalidValue(`${field}.values[${index}]`, value, problem)
  }
}

function requirementsOf(text: string): readonly LabelRequirement[] {
  try {
    return parseLabelSelector(text).requirements
  } catch (failure) {
    if (!(failure instanceof SelectorError)) throw failure
    throw new SelectorError(`couldn't parse the selector string "${text}": ${failure.message}`, failure.causes)
  }
}

function printedOperator(operator: LabelOperator): string {
  switch (operator) {
    case 'in':
      return 'In'
    case 'notin':
      return 'NotIn'
    case 'exists':
      return 'Exists'
    case '!':
      return 'DoesNotExist'
    case 'gt':
    case 'lt':
      throw new SelectorError(`"${operator}" isn't supported in label selectors`)
    default:
      throw new SelectorError(`"${operator}" is not a valid label selector operator`)
  }
}
