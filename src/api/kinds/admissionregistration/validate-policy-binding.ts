import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain, nameIsPathSegment } from '../../names/object-names.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { ParamRef, ValidatingAdmissionPolicyBinding } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateMatchResources } from './validate-match-resources.ts'

const ACTIONS: readonly string[] = ['Audit', 'Deny', 'Warn']
const NOT_FOUND_ACTIONS: readonly string[] = ['Deny', 'Allow']

/** pkg/apis/admissionregistration/validation/validation.go validateValidatingAdmissionPolicyBinding. */
export function* validatePolicyBinding({ metadata, spec }: ValidatingAdmissionPolicyBinding): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain, allowAnyFinalizer: true })
  const { policyName = '', paramRef, matchResources, validationActions = [] } = unchecked(spec)
  if (policyName === '') yield required('spec.policyName', '')
  else yield* invalidFor('spec.policyName', policyName, nameIsDnsSubdomain(policyName))
  if (paramRef !== undefined) yield* validateParamRef(paramRef, 'spec.paramRef')
  if (matchResources !== undefined) yield* validateMatchResources(matchResources, 'spec.matchResources')
  yield* validateActions(validationActions, 'spec.validationActions')
}

function* validateParamRef(paramRef: ParamRef, field: string): Generator<Cause> {
  const { name = '', selector, parameterNotFoundAction } = paramRef
  const exclusive = 'name and selector are mutually exclusive'
  if (name !== '') {
    yield* invalidFor(`${field}.name`, name, nameIsPathSegment(name))
    if (selector !== undefined) yield forbiddenField(`${field}.name`, exclusive)
  }
  if (selector !== undefined) {
    yield* validateLabelSelector(selector, `${field}.selector`)
    if (name !== '') yield forbiddenField(`${field}.selector`, exclusive)
  } else if (name === '') yield required(field, 'one of name or selector must be specified')
  yield* validateChoice(parameterNotFoundAction, `${field}.parameterNotFoundAction`, NOT_FOUND_ACTIONS)
}

function* validateActions(actions: readonly string[], field: string): Generator<Cause> {
  for (const [index, action] of actions.entries()) {
    if (!ACTIONS.includes(action)) yield notSupported(`${field}[${index}]`, action, ACTIONS)
    if (actions.indexOf(action) < index) yield duplicate(`${field}[${index}]`, action)
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const why = 'repeating the same validation failure information in the API response and headers serves no purpose'
    yield invalidValue(field, actions, `must not contain both Deny and Warn (${why})`)
  }
  if (actions.length === 0) yield required(field, 'at least one validation action is required')
}
