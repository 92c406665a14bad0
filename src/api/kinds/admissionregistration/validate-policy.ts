import { deepEqual } from '../../../base/equal.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import { parseApiVersion } from '../../kind.ts'
import { validateDns1035Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { ParamKind, ValidatingAdmissionPolicy } from '../../types.generated.ts'
import { JsonPathError, parseJsonPath } from '../apiextensions/json-path-parser.ts'
import { validateConditions } from '../strategy/conditions.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateMatchConditions } from './validate-match-conditions.ts'
import { validateMatchResources } from './validate-match-resources.ts'
import { validatePolicyExpressions } from './validate-policy-expressions.ts'
import { FAILURE_POLICIES } from './validate-webhooks.ts'

/** pkg/apis/admissionregistration/validation/validation.go validateValidatingAdmissionPolicy. */
export function* validatePolicy(
  { metadata, spec }: ValidatingAdmissionPolicy,
  old?: ValidatingAdmissionPolicy,
): Generator<Cause> {
  const { failurePolicy, paramKind, matchConstraints, matchConditions = [] } = spec
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain, allowAnyFinalizer: true })
  yield* validateChoice(failurePolicy, 'spec.failurePolicy', FAILURE_POLICIES)
  if (paramKind !== undefined) yield* validateParamKind(paramKind, 'spec.paramKind')
  if (matchConstraints === undefined) yield required('spec.matchConstraints', '')
  else {
    yield* validateMatchResources(matchConstraints, 'spec.matchConstraints')
    if ((matchConstraints.resourceRules ?? []).length === 0) yield required('spec.matchConstraints.resourceRules', '')
  }
  const isKept =
    old !== undefined &&
    deepEqual(paramKind, old.spec.paramKind) &&
    deepEqual(matchConditions, old.spec.matchConditions)
  if (!isKept) {
    const hasParams = paramKind !== undefined
    yield* validateMatchConditions(matchConditions, 'spec.matchConditions', { hasParams })
  }
  yield* validatePolicyExpressions(metadata.name, spec)
}

/** validateValidatingAdmissionPolicyStatus. */
export function* validatePolicyStatus({ status }: ValidatingAdmissionPolicy): Generator<Cause> {
  for (const [index, one] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    const field = `status.typeChecking.expressionWarnings[${index}]`
    const { warning = '', fieldRef = '' } = unchecked(one)
    if (warning === '') yield required(`${field}.warning`, '')
    yield* validateFieldRef(fieldRef.trim(), `${field}.fieldRef`)
  }
  yield* validateConditions(status?.conditions ?? [], 'status.conditions')
}

function* validateFieldRef(fieldRef: string, field: string): Generator<Cause> {
  if (fieldRef === '') {
    yield required(field, '')
    return
  }
  try {
    // As types are checked, references are written without the leading dot.
    parseJsonPath(/^\w/.test(fieldRef) ? `.${fieldRef}` : fieldRef)
  } catch (failure) {
    if (!(failure instanceof JsonPathError)) throw failure
    yield invalidValue(field, fieldRef, `invalid JSONPath: ${failure.message}`)
  }
}

function* validateParamKind({ apiVersion = '', kind = '' }: ParamKind, field: string): Generator<Cause> {
  const versionField = `${field}.apiVersion`
  if (apiVersion === '') yield required(versionField, '')
  else if (apiVersion.split('/').length > 2) {
    yield invalidValue(versionField, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
  } else yield* validateGroupVersion(apiVersion, versionField)
  if (kind === '') yield required(`${field}.kind`, '')
  else {
    const problems = validateDns1035Label(kind.toLowerCase())
    if (problems.length === 0) return
    yield invalidValue(`${field}.kind`, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
  }
}

function* validateGroupVersion(apiVersion: string, field: string): Generator<Cause> {
  const { group, version } = parseApiVersion(apiVersion)
  const groupProblems = group === '' ? [] : validateDns1123Subdomain(group)
  if (groupProblems.length > 0) yield invalidValue(field, group, groupProblems.join(','))
  if (version === '') {
    yield invalidValue(field, apiVersion, 'version must be specified')
    return
  }
  const problems = validateDns1035Label(version)
  if (problems.length > 0) yield invalidValue(field, version, problems.join(','))
}
