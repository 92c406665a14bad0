import { BOOL, type CelType, DYN, NULL, STRING } from '../../cel/types.ts'
import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, required } from '../../errors.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import type { AuditAnnotation, ValidatingAdmissionPolicySpec, Validation, Variable } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { unchecked } from '../validation/unchecked.ts'
import { compilePolicyExpression, composedType, policyEnvironment } from './policy-environment.ts'

const REASONS: readonly string[] = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const LINE_BREAK = /[\n\r]/
const ANNOTATION_COUNT_MAX = 20
const ANNOTATION_EXPRESSION_MAX_BYTES = 5 * 1024

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/
const RESERVED: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
])

/** What the expressions of one policy have in common; variables are added as they are declared. */
interface Scope {
  readonly hasParams: boolean
  readonly composed?: Map<string, CelType>
}

/** The part of validateValidatingAdmissionPolicySpec (pkg/apis/admissionregistration/validation) on expressions. */
export function* validatePolicyExpressions(policyName: string, spec: ValidatingAdmissionPolicySpec): Generator<Cause> {
  const { variables = [], validations = [], auditAnnotations = [], paramKind } = spec
  const scope: Scope = {
    hasParams: paramKind !== undefined,
    ...(variables.length === 0 ? {} : { composed: new Map<string, CelType>() }),
  }
  for (const [index, variable] of variables.entries()) {
    yield* validateVariable(variable, `spec.variables[${index}]`, scope)
  }
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const rule = 'validations or auditAnnotations must contain at least one item'
    yield required('spec.validations', rule)
    yield required('spec.auditAnnotations', rule)
    return
  }
  for (const [index, validation] of validations.entries()) {
    yield* validateValidation(validation, `spec.validations[${index}]`, scope)
  }
  yield* validateAuditAnnotations(policyName, auditAnnotations, scope)
}

function* validateVariable(variable: Variable, field: string, scope: Scope): Generator<Cause> {
  const { name = '', expression = '' } = unchecked(variable)
  if (name.trim() === '') yield required(`${field}.name`, 'name is not specified')
  else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
    yield invalidValue(`${field}.name`, name, 'must be a valid CEL identifier')
  }
  if (expression.trim() === '') {
    yield required(`${field}.expression`, 'expression is not specified')
    return
  }
  const compiled = compilePolicyExpression(expression, environmentOf(scope, true))
  if ('problem' in compiled) yield invalidValue(`${field}.expression`, expression, compiled.problem)
  scope.composed?.set(name, 'program' in compiled ? composedType(compiled.program.type) : DYN)
}

function* validateValidation(validation: Validation, field: string, scope: Scope): Generator<Cause> {
  const { expression = '', message = '', messageExpression = '', reason } = unchecked(validation)
  if (expression.trim() === '') yield required(`${field}.expression`, 'expression is not specified')
  else yield* validateExpression(expression, `${field}.expression`, scope, [BOOL])
  if (messageExpression !== '' && messageExpression.trim() === '') {
    yield invalidValue(`${field}.messageExpression`, messageExpression, 'must be non-empty if specified')
  } else if (messageExpression !== '') {
    yield* validateExpression(messageExpression, `${field}.messageExpression`, scope, [STRING], false)
  }
  if (message !== '' && message.trim() === '') {
    yield invalidValue(`${field}.message`, message, 'must be non-empty if specified')
  } else if (LINE_BREAK.test(message.trim())) {
    yield invalidValue(`${field}.message`, message, 'must not contain line breaks')
  }
  yield* validateOptionalChoice(reason, `${field}.reason`, REASONS)
}

function* validateAuditAnnotations(
  policyName: string,
  annotations: readonly AuditAnnotation[],
  scope: Scope,
): Generator<Cause> {
  const parent = 'spec.auditAnnotations'
  if (annotations.length > ANNOTATION_COUNT_MAX) {
    yield invalidValue(parent, annotations, `must not have more than ${ANNOTATION_COUNT_MAX} auditAnnotations`)
  }
  const keys = new Set<string>()
  for (const [index, annotation] of annotations.entries()) {
    const field = `${parent}[${index}]`
    const { key = '', valueExpression = '' } = unchecked(annotation)
    const name = `${policyName}/${key}`
    if (policyName === '') yield invalidValue(`${field}.key`, key, 'requires metadata.name be non-empty')
    else yield* invalidFor(`${field}.key`, name, validateQualifiedName(name))
    yield* validateAnnotationValue(valueExpression, `${field}.valueExpression`, scope)
    if (keys.has(key)) yield duplicate(`${field}.key`, key)
    keys.add(key)
  }
}

function* validateAnnotationValue(expression: string, field: string, scope: Scope): Generator<Cause> {
  const source = expression.trim()
  if (source === '') yield required(field, 'valueExpression is not specified')
  else if (Buffer.byteLength(source) > ANNOTATION_EXPRESSION_MAX_BYTES) {
    yield required(field, `must not exceed ${ANNOTATION_EXPRESSION_MAX_BYTES} bytes in length`)
  } else {
    const compiled = compilePolicyExpression(source, environmentOf(scope, true), [STRING, NULL])
    if ('problem' in compiled) yield invalidValue(field, expression, compiled.problem)
  }
}

function* validateExpression(
  source: string,
  field: string,
  scope: Scope,
  results: readonly CelType[],
  hasAuthorizer = true,
): Generator<Cause> {
  const compiled = compilePolicyExpression(source, environmentOf(scope, hasAuthorizer), results)
  if ('problem' in compiled) yield invalidValue(field, source, compiled.problem)
}

function environmentOf(scope: Scope, hasAuthorizer: boolean): ReturnType<typeof policyEnvironment> {
  return policyEnvironment({ ...scope, hasAuthorizer })
}
