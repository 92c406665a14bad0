import type { SuccessPolicy, SuccessPolicyRule } from '../../api/types.generated.ts'
import { countCommon, countOf, type Intervals, parseIntervals } from './intervals.ts'

/** Says which rule of a success policy is met, if one is: the Job then succeeds although indexes are left. */
export function judgeSuccess(
  policy: SuccessPolicy | undefined,
  { succeeded, completions }: { readonly succeeded: Intervals; readonly completions: number },
): string | undefined {
  if (policy === undefined || succeeded.length === 0) return undefined
  const index = policy.rules.findIndex((rule) => isMet(rule, succeeded, completions))
  return index < 0 ? undefined : `Matched rules at index ${index}`
}

function isMet(
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  succeeded: Intervals,
  completions: number,
): boolean {
  if (succeededIndexes === undefined) return succeededCount !== undefined && countOf(succeeded) >= succeededCount
  const required = parseIntervals(succeededIndexes, completions)
  if (required.length === 0) return false
  const reached = countCommon(required, succeeded)
  return reached === countOf(required) || (succeededCount !== undefined && reached >= succeededCount)
}
