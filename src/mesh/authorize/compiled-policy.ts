import type { MeshConfig } from '../config/mesh-config.ts'
import type { AuthorizationAction, AuthorizationPolicy } from '../config/types/authorization-policy.ts'
import type { Condition } from './connection.ts'
import { compileRule } from './rule.ts'
import { anchorOf, type RuleAnchor } from './rule-anchor.ts'
import { allowedBy, deniedBy, policyOf, type RulePlace, type Verdict } from './verdict.ts'

/** A policy made ready, apart for HTTP and for plain TCP. */
export interface CompiledPolicy {
  readonly name: string
  readonly action: AuthorizationAction
  readonly isDryRun: boolean
  readonly provider: string
  readonly http: readonly CompiledRule[]
  readonly tcp: readonly CompiledRule[]
}

export interface CompiledRule {
  /** What it can be looked up by. */
  readonly anchor: RuleAnchor | undefined
  readonly matches: Condition
  readonly place: RulePlace
  /** If it decides. */
  readonly verdict: Verdict
}

const DRY_RUN = 'istio.io/dry-run'

/** What Go reads as true. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/** Whether a policy is only to say what it would decide. */
export function isOnTrial({ metadata: { annotations } }: AuthorizationPolicy): boolean {
  return TRUE.has(annotations?.[DRY_RUN] ?? '')
}

export function compilePolicy(policy: AuthorizationPolicy, mesh: MeshConfig): CompiledPolicy {
  const { metadata, spec = {} } = policy
  const { name, namespace = 'default' } = metadata
  const { action = 'ALLOW', provider, rules } = spec
  const trustDomains = [mesh.trustDomain ?? 'cluster.local', ...(mesh.trustDomainAliases ?? [])]
  const compiledFor = (forTcp: boolean): readonly CompiledRule[] =>
    (rules ?? []).flatMap((rule, index) => {
      const context = { namespace, trustDomains, forTcp, dropsFlawed: action === 'ALLOW' }
      if (rule === null) return []
      const matches = compileRule(rule, context)
      const place = { namespace, name, action, rule: index }
      const verdict = action === 'ALLOW' ? allowedBy(place) : deniedBy(place)
      return matches === undefined ? [] : [{ anchor: anchorOf(rule, context), matches, place, verdict }]
    })
  return {
    name: policyOf({ namespace, name }),
    action,
    isDryRun: isOnTrial(policy),
    provider: provider?.name ?? '',
    http: compiledFor(false),
    tcp: compiledFor(true),
  }
}
