import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateLabelName, validateLabelValue } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from '../../types.generated.ts'
import { invalidFor } from './causes.ts'
import type { Unchecked } from './unchecked.ts'

/** pkg/apis/core/validation/validation.go ValidateNodeSelector. */
export function* validateNodeSelector(
  { nodeSelectorTerms = [] }: Unchecked<NodeSelector>,
  field: string,
): Generator<Cause> {
  const terms = `${field}.nodeSelectorTerms`
  if (nodeSelectorTerms.length === 0) yield required(terms, 'must have at least one node selector term')
  for (const [index, term] of nodeSelectorTerms.entries()) {
    yield* validateTerm(term, `${terms}[${index}]`, { checkValues: true })
  }
}

/** A preference that can match no node does no harm, so that values of labels are not looked at. */
export function* validatePreferredTerms(terms: readonly PreferredSchedulingTerm[], field: string): Generator<Cause> {
  for (const [index, { weight, preference }] of terms.entries()) {
    yield* validateWeight(weight, `${field}[${index}].weight`)
    yield* validateTerm(preference, `${field}[${index}].preference`, { checkValues: false })
  }
}

export function* validateWeight(weight: number, field: string): Generator<Cause> {
  if (weight <= 0 || weight > 100) yield invalidValue(field, weight, 'must be in the range 1-100')
}

function* validateTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  field: string,
  { checkValues }: { checkValues: boolean },
): Generator<Cause> {
  for (const [index, requirement] of matchExpressions.entries()) {
    yield* validateRequirement(requirement, `${field}.matchExpressions[${index}]`, checkValues)
  }
  for (const [index, requirement] of matchFields.entries()) {
    yield* validateFieldRequirement(requirement, `${field}.matchFields[${index}]`)
  }
}

function* validateRequirement(
  { key = '', operator = '', values = [] }: Unchecked<NodeSelectorRequirement>,
  field: string,
  checkValues: boolean,
): Generator<Cause> {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        yield required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
      }
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        yield forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        yield required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      }
      break
    default:
      yield invalidValue(`${field}.operator`, operator, 'not a valid selector operator')
  }
  yield* validateLabelName(key, `${field}.key`)
  if (!checkValues) return
  for (const [index, value] of values.entries()) {
    yield* invalidFor(`${field}.values[${index}]`, value, validateLabelValue(value))
  }
}

function* validateFieldRequirement(
  { key = '', operator = '', values = [] }: Unchecked<NodeSelectorRequirement>,
  field: string,
): Generator<Cause> {
  if (operator !== 'In' && operator !== 'NotIn') {
    yield invalidValue(`${field}.operator`, operator, 'not a valid selector operator')
  } else if (values.length !== 1) {
    const rule = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    yield required(`${field}.values`, rule)
  }
  if (key !== 'metadata.name') {
    yield invalidValue(`${field}.key`, key, 'not a valid field selector key')
    return
  }
  for (const [index, value] of values.entries()) {
    yield* invalidFor(`${field}.values[${index}]`, value, nameIsDnsSubdomain(value))
  }
}
