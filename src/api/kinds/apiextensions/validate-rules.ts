import { type Cause, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { type CompiledRule, cardinalityMax, SELF_TYPE_NAME } from '../../schema/rules/compiled-rule.ts'
import { type Declared, declare } from '../../schema/rules/declare.ts'
import { FieldPathError, readFieldPath } from '../../schema/rules/field-path.ts'
import { compiledRulesAt } from '../../schema/rules/rule-tree.ts'
import { childPath, indexPath } from '../../schema/traverse.ts'
import type { JSONSchemaProps, ValidationRule } from '../../types.generated.ts'
import type { Unchecked } from '../validation/unchecked.ts'
import type { SchemaRules } from './definition-rules.ts'
import { costProblem, EXPRESSION_COST_MAX, multiplied, type RuleCosts } from './rule-costs.ts'
import { structureOf, unreadable } from './schema-search.ts'

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const LINE_BREAK = /[\n\r]/

function rulesPath(path: string, index: number): string {
  return indexPath(childPath(path, 'x-kubernetes-validations'), index)
}

/** What is wrong with rules apart from what their expressions say. */
export function* validateRuleForms(schema: JSONSchemaProps, path: string): Generator<Cause> {
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const at = rulesPath(path, index)
    yield* validateRuleAndMessage(rule, at)
    const { messageExpression = '', reason, fieldPath = '' }: Unchecked<ValidationRule> = rule
    if (messageExpression !== '' && messageExpression.trim() === '') {
      yield required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified')
    }
    if (reason !== undefined && !REASONS.includes(reason)) yield notSupported(`${at}.reason`, reason, REASONS)
    if (fieldPath === '') continue
    if (fieldPath.trim() === '') yield invalidValue(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified')
    if (LINE_BREAK.test(fieldPath)) yield invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks')
    if (!isFieldPath(fieldPath, schema)) yield invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path')
  }
}

function* validateRuleAndMessage({ rule = '', message = '' }: Unchecked<ValidationRule>, at: string): Generator<Cause> {
  const trimmed = message.trim()
  if (rule.trim() === '') yield required(`${at}.rule`, 'rule is not specified')
  else if (message !== '' && trimmed === '') {
    yield invalidValue(`${at}.message`, message, 'must be non-empty if specified')
  } else if (LINE_BREAK.test(trimmed)) yield invalidValue(`${at}.message`, message, 'must not contain line breaks')
  else if (LINE_BREAK.test(rule.trim()) && trimmed === '') {
    yield required(`${at}.message`, 'message must be specified if rule contains line breaks')
  }
}

function isFieldPath(path: string, schema: JSONSchemaProps): boolean {
  if (unreadable(schema) !== undefined) return true
  try {
    readFieldPath(path, structureOf(schema))
    return true
  } catch (failure) {
    if (failure instanceof FieldPathError) return false
    throw failure
  }
}

interface ProgramContext {
  readonly costs: RuleCosts
  readonly rules: SchemaRules
  readonly uncorrelatable: string | undefined
}

/** What is wrong with the expressions of rules: what they say, what they cost, and what they speak of. */
export function* validateRulePrograms(
  schema: JSONSchemaProps,
  path: string,
  context: ProgramContext,
): Generator<Cause> {
  if ((schema['x-kubernetes-validations'] ?? []).length === 0) return
  const structure = structureOf(schema)
  const isRoot = context.costs.isRoot || schema['x-kubernetes-embedded-resource'] === true
  const declared = declare(structure, SELF_TYPE_NAME, isRoot)
  if (declared === undefined) {
    const message =
      'Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations'
    yield { reason: 'InternalError', message, field: childPath(path, 'x-kubernetes-validations') }
    return
  }
  for (const [index, rule] of compiledRulesAt(structure, isRoot).entries()) {
    const at = rulesPath(path, index)
    yield* validateProgram(rule, `${at}.rule`, { ...context, declared })
    yield* validateMessage(rule, `${at}.messageExpression`, context)
    yield* validateOldSelf(rule, at, context)
  }
}

function* validateProgram(
  { rule, error, cost }: CompiledRule,
  field: string,
  { costs, rules, declared }: ProgramContext & { readonly declared: Declared },
): Generator<Cause> {
  const total = multiplied(cost?.max ?? 0, costs.cardinality ?? cardinalityMax(declared))
  if (!rules.ignoreRuleCosts && total > EXPRESSION_COST_MAX) {
    yield forbiddenField(field, costProblem('estimated rule cost', total, EXPRESSION_COST_MAX))
  }
  costs.total.add(field, total)
  if (error !== undefined) yield invalidValue(field, goRule(rule), error)
}

function* validateMessage(
  { rule, message, messageError, messageCost }: CompiledRule,
  field: string,
  { costs, rules }: ProgramContext,
): Generator<Cause> {
  if (messageError !== undefined) yield invalidValue(field, goRule(rule), messageError)
  if (message === undefined || messageError !== undefined) return
  const cost = messageCost?.max ?? 0
  if (!rules.ignoreRuleCosts && cost > EXPRESSION_COST_MAX) {
    yield forbiddenField(field, costProblem('estimated messageExpression cost', cost, EXPRESSION_COST_MAX))
  }
  costs.total.add(field, cost)
}

function* validateOldSelf(
  { rule, usesOldSelf }: CompiledRule,
  at: string,
  { uncorrelatable }: ProgramContext,
): Generator<Cause> {
  if (usesOldSelf && uncorrelatable !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`
    yield invalidValue(`${at}.rule`, rule.rule, why)
  } else if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
    yield invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')
  }
}

/** A rule as upstream prints it, under the names that its fields have in Go. */
function goRule({
  rule,
  message,
  messageExpression,
  reason,
  fieldPath,
  optionalOldSelf,
}: CompiledRule['rule']): object {
  return {
    Rule: rule,
    Message: message ?? '',
    MessageExpression: messageExpression ?? '',
    Reason: reason ?? null,
    FieldPath: fieldPath ?? '',
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}
