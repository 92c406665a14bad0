import type { AuthorizationAction } from '../config/types/authorization-policy.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { type ExternalGroup, externalGroups } from './external.ts'
import type { ProviderContext } from './provider-problem.ts'
import { type FindRule, ruleFinder } from './rule-finder.ts'
import { allowedByNone, NO_POLICY, type Verdict } from './verdict.ts'

/** In the order in which a proxy asks. */
export interface Plan {
  readonly external: readonly ExternalGroup[]
  readonly audit: FindRule | undefined
  readonly deny: FindRule | undefined
  /** Undefined: no ALLOW policy applies, so that everything is allowed. */
  readonly allow: FindRule | undefined
  readonly otherwise: Verdict
  readonly dryRun: DryRunPlan | undefined
}

interface DryRunPlan {
  readonly deny: FindRule | undefined
  readonly allow: FindRule | undefined
  readonly otherwise: Verdict
}

export function planFor(policies: readonly CompiledPolicy[], protocol: 'http' | 'tcp', context: ProviderContext): Plan {
  const enforced = policies.filter(({ isDryRun }) => !isDryRun)
  const trial = policies.filter(({ isDryRun }) => isDryRun)
  const allow = rulesOf(enforced, 'ALLOW', protocol)
  const tried = { deny: rulesOf(trial, 'DENY', protocol), allow: rulesOf(trial, 'ALLOW', protocol) }
  return {
    external: externalGroups(policies, protocol, context),
    audit: rulesOf(enforced, 'AUDIT', protocol),
    deny: rulesOf(enforced, 'DENY', protocol),
    allow,
    otherwise: allow === undefined ? NO_POLICY : noneOf(enforced),
    dryRun: tried.deny === undefined && tried.allow === undefined ? undefined : { ...tried, otherwise: noneOf(trial) },
  }
}

/** Undefined without a policy; a policy without rules counts, and fits nothing. */
function rulesOf(
  policies: readonly CompiledPolicy[],
  action: AuthorizationAction,
  protocol: 'http' | 'tcp',
): FindRule | undefined {
  const own = policies.filter((policy) => policy.action === action)
  return own.length === 0 ? undefined : ruleFinder(own.flatMap((policy) => policy[protocol]))
}

function noneOf(policies: readonly CompiledPolicy[]): Verdict {
  return allowedByNone(policies.flatMap(({ action, name }) => (action === 'ALLOW' ? [name] : [])))
}
