import type { Cause } from '../../errors.ts'
import { required } from '../../errors.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { MatchResources } from '../../types.generated.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateNamedRule } from './validate-resource-rules.ts'
import { MATCH_POLICIES } from './validate-webhooks.ts'

/** pkg/apis/admissionregistration/validation/validation.go validateMatchResources. */
export function* validateMatchResources(resources: MatchResources, field: string): Generator<Cause> {
  const { matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = resources
  yield* validateChoice(matchPolicy, `${field}.matchPolicy`, MATCH_POLICIES)
  if (namespaceSelector === undefined) yield required(`${field}.namespaceSelector`, '')
  else yield* validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
  if (objectSelector === undefined) yield required(`${field}.objectSelector`, '')
  else yield* validateLabelSelector(objectSelector, `${field}.objectSelector`)
  for (const [index, rule] of resourceRules.entries()) {
    yield* validateNamedRule(rule, `${field}.resourceRules[${index}]`)
  }
  for (const [index, rule] of excludeResourceRules.entries()) {
    yield* validateNamedRule(rule, `${field}.excludeResourceRules[${index}]`)
  }
}
