import { BOOL } from '../../cel/types.ts'
import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, required, tooMany } from '../../errors.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import type { MatchCondition } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { unchecked } from '../validation/unchecked.ts'
import { compilePolicyExpression, policyEnvironment } from './policy-environment.ts'

const CONDITION_COUNT_MAX = 64

/** pkg/apis/admissionregistration/validation/validation.go validateMatchConditions. */
export function* validateMatchConditions(
  conditions: readonly MatchCondition[],
  field: string,
  { hasParams }: { readonly hasParams: boolean },
): Generator<Cause> {
  const names = new Set<string>()
  if (conditions.length > CONDITION_COUNT_MAX) yield tooMany(field, conditions.length, CONDITION_COUNT_MAX)
  for (const [index, condition] of conditions.entries()) {
    const at = `${field}[${index}]`
    const { name = '', expression = '' } = unchecked(condition)
    const source = expression.trim()
    if (source === '') yield required(`${at}.expression`, '')
    else {
      const environment = policyEnvironment({ hasParams, hasAuthorizer: true })
      const compiled = compilePolicyExpression(source, environment, [BOOL])
      if ('problem' in compiled) yield invalidValue(`${at}.expression`, source, compiled.problem)
    }
    if (name === '') yield required(`${at}.name`, '')
    else {
      yield* invalidFor(`${at}.name`, name, validateQualifiedName(name))
      if (names.has(name)) yield duplicate(`${at}.name`, name)
      names.add(name)
    }
  }
}
