import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import type { PolicyRule } from '../../types.generated.ts'
import { type Unchecked } from '../validation/unchecked.ts'

/** pkg/apis/rbac/validation/validation.go ValidatePolicyRule. */
export function* validateRules(
  rules: readonly PolicyRule[],
  { namespaced }: { readonly namespaced: boolean },
): Generator<Cause> {
  for (const [index, rule] of rules.entries()) yield* validateRule(rule, `rules[${index}]`, namespaced)
}

function* validateRule(
  { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: Unchecked<PolicyRule>,
  field: string,
  namespaced: boolean,
): Generator<Cause> {
  if (verbs.length === 0) yield required(`${field}.verbs`, 'verbs must contain at least one value')
  if (nonResourceURLs.length > 0) {
    const place = `${field}.nonResourceURLs`
    if (namespaced) yield invalidValue(place, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const rule = 'rules cannot apply to both regular resources and non-resource URLs'
      yield invalidValue(place, nonResourceURLs, rule)
    }
    return
  }
  if (apiGroups.length === 0) {
    yield required(`${field}.apiGroups`, 'resource rules must supply at least one api group')
  }
  if (resources.length === 0) yield required(`${field}.resources`, 'resource rules must supply at least one resource')
}
