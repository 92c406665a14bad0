import type { AuthorizationAction } from '../config/types/authorization-policy.ts'

/** What policies say of a connection or a request, and which of their rules said so. */
export interface Verdict {
  readonly allowed: boolean
  /** What kind of policy decided; ALLOW also where there is none, and where none of them has a rule that fits. */
  readonly action: AuthorizationAction
  /** `namespace/name`; absent where no single policy decided. */
  readonly policy?: string
  /** Which of the policy's rules. */
  readonly rule?: number
  /** A sentence for people. */
  readonly reason: string
  /** The policies of which one should have allowed it. */
  readonly candidates?: readonly string[]
  /** Envoy's word for a refusal, as an access log shows it. */
  readonly details?: string
}

/** Where in a policy a rule is. */
export interface RulePlace {
  readonly namespace: string
  readonly name: string
  readonly action: AuthorizationAction
  readonly rule: number
}

/** What Envoy answers to a refused request (source/extensions/filters/http/rbac/rbac_filter.cc). */
export const DENIED_BODY = 'RBAC: access denied'

export const NO_POLICY: Verdict = {
  allowed: true,
  action: 'ALLOW',
  reason: 'no ALLOW policy applies to the workload, and no other policy denies',
}

export function allowedBy(place: RulePlace): Verdict {
  const { action, rule } = place
  const policy = policyOf(place)
  return { allowed: true, action, policy, rule, reason: `rule ${rule} of ${action} policy ${policy} matches` }
}

export function deniedBy(
  place: RulePlace,
  options: { readonly reason?: string; readonly prefix?: string; readonly suffix?: string } = {},
): Verdict {
  const { action, rule } = place
  const policy = policyOf(place)
  const reason = options.reason ?? `rule ${rule} of ${action} policy ${policy} matches`
  return { allowed: false, action, policy, rule, reason, details: denialDetails(ruleName(place, options)) }
}

/** There are ALLOW policies, and this is allowed by none. */
export function allowedByNone(candidates: readonly string[]): Verdict {
  return {
    allowed: false,
    action: 'ALLOW',
    reason: `no rule of an ALLOW policy matches: ${candidates.join(', ')}`,
    candidates,
    details: denialDetails('none'),
  }
}

export function policyOf({ namespace, name }: Pick<RulePlace, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

/** As Istio names a rule of a policy in what Envoy runs. */
function ruleName(
  { namespace, name, rule }: RulePlace,
  { prefix = '', suffix = '' }: { readonly prefix?: string; readonly suffix?: string },
): string {
  return `${prefix}ns[${namespace}]-policy[${name}]-rule[${rule}]${suffix}`
}

function denialDetails(rule: string): string {
  return `rbac_access_denied_matched_policy[${rule}]`
}
