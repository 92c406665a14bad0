import type { MeshConfig } from '../config/mesh-config.ts'
import type { AuthorizationAction, AuthorizationPolicy } from '../config/types/authorization-policy.ts'
import type { MeshService } from '../registry/mesh-service.ts'
import type { MeshRequest } from '../route/request.ts'
import { type CompiledPolicy, type CompiledRule, compilePolicy } from './compiled-policy.ts'
import type { PeerConnection } from './connection.ts'
import { type ExternalCheck, type ExternalGroup, externalGroups } from './external.ts'
import { policiesFor, type PolicyIndex, type PolicySubject } from './policy-index.ts'
import { allowedByNone, NO_POLICY, type RulePlace, type Verdict } from './verdict.ts'

export type AuthorizationIndex = PolicyIndex<AuthorizationPolicy, CompiledPolicy, Authorizer>

/** What of a snapshot says who may call what. */
export interface AuthorizationSource {
  readonly mesh: MeshConfig
  readonly authorization: AuthorizationIndex
  readonly services: ReadonlyMap<string, readonly MeshService[]>
}

/** All that policies say about one workload. */
export interface Authorizer {
  readonly http: Plan
  readonly tcp: Plan
  /** What the authorizer was made from, where it says whom to ask: services may come and go. */
  readonly services: AuthorizationSource['services'] | undefined
}

/** In the order in which a proxy asks. */
interface Plan {
  readonly external: readonly ExternalGroup[]
  readonly audit: readonly CompiledRule[]
  readonly deny: readonly CompiledRule[]
  /** Undefined: no ALLOW policy applies, so that everything is allowed. */
  readonly allow: readonly CompiledRule[] | undefined
  readonly otherwise: Verdict
  readonly dryRun: DryRunPlan | undefined
}

interface DryRunPlan {
  readonly deny: readonly CompiledRule[] | undefined
  readonly allow: readonly CompiledRule[] | undefined
  readonly otherwise: Verdict
}

/** The same for the same workload, until a policy changes. */
export function authorizerOf(source: AuthorizationSource, subject: PolicySubject): Authorizer {
  const { forSubjects } = source.authorization
  const known = forSubjects.get(subject)
  if (known !== undefined && (known.services === undefined || known.services === source.services)) return known
  const policies = policiesFor(source.authorization, subject, source.mesh.rootNamespace).map((policy) =>
    compiledIn(source, policy),
  )
  const asksOthers = policies.some(({ action }) => action === 'CUSTOM')
  const authorizer = {
    http: planFor(policies, 'http', source),
    tcp: planFor(policies, 'tcp', source),
    services: asksOthers ? source.services : undefined,
  }
  forSubjects.set(subject, authorizer)
  return authorizer
}

/**
 * What DENY and then ALLOW policies say. Without a request it is about a connection of plain TCP. `externalChecks` come
 * before it, and before the token is looked at.
 */
export function authorize({ http, tcp }: Authorizer, connection: PeerConnection, request?: MeshRequest): Verdict {
  const { deny, allow, otherwise } = request === undefined ? tcp : http
  for (const rule of deny) if (rule.matches(connection, request)) return rule.verdict
  if (allow === undefined) return otherwise
  for (const rule of allow) if (rule.matches(connection, request)) return rule.verdict
  return otherwise
}

/**
 * Whom CUSTOM policies want to be asked, in this order; all have to agree. Tokens have not been looked at yet, so the
 * request has no claims.
 */
export function externalChecks(
  { http, tcp }: Authorizer,
  connection: PeerConnection,
  request?: MeshRequest,
): readonly ExternalCheck[] {
  const { external } = request === undefined ? tcp : http
  if (external.length === 0) return NO_CHECKS
  return external.flatMap(({ rules }) => rules.find((rule) => rule.matches(connection, request))?.check ?? [])
}

const NO_CHECKS: readonly ExternalCheck[] = []

/** The first rule of an AUDIT policy that fits: it asks that the request be logged, and decides nothing. */
export function auditOf(
  { http, tcp }: Authorizer,
  connection: PeerConnection,
  request?: MeshRequest,
): RulePlace | undefined {
  const { audit } = request === undefined ? tcp : http
  return audit.find((rule) => rule.matches(connection, request))?.place
}

/** What policies on trial would have said, each action by itself; undefined where none of them is on trial. */
export function dryRunOf(
  { http, tcp }: Authorizer,
  connection: PeerConnection,
  request?: MeshRequest,
): { readonly deny: Verdict | undefined; readonly allow: Verdict | undefined } | undefined {
  const { dryRun } = request === undefined ? tcp : http
  if (dryRun === undefined) return undefined
  const decided = (rules: readonly CompiledRule[], otherwise: Verdict) =>
    rules.find((rule) => rule.matches(connection, request))?.verdict ?? otherwise
  return {
    deny: dryRun.deny && decided(dryRun.deny, NO_POLICY),
    allow: dryRun.allow && decided(dryRun.allow, dryRun.otherwise),
  }
}

function planFor(policies: readonly CompiledPolicy[], protocol: 'http' | 'tcp', source: AuthorizationSource): Plan {
  const enforced = policies.filter(({ isDryRun }) => !isDryRun)
  const trial = policies.filter(({ isDryRun }) => isDryRun)
  const allow = rulesOf(enforced, 'ALLOW', protocol)
  const tried = { deny: rulesOf(trial, 'DENY', protocol), allow: rulesOf(trial, 'ALLOW', protocol) }
  return {
    external: externalGroups(policies, protocol, source),
    audit: rulesOf(enforced, 'AUDIT', protocol) ?? [],
    deny: rulesOf(enforced, 'DENY', protocol) ?? [],
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
): readonly CompiledRule[] | undefined {
  const own = policies.filter((policy) => policy.action === action)
  return own.length === 0 ? undefined : own.flatMap((policy) => policy[protocol])
}

function noneOf(policies: readonly CompiledPolicy[]): Verdict {
  return allowedByNone(policies.flatMap(({ action, name }) => (action === 'ALLOW' ? [name] : [])))
}

function compiledIn({ authorization, mesh }: AuthorizationSource, policy: AuthorizationPolicy): CompiledPolicy {
  const known = authorization.compiled.get(policy)
  if (known !== undefined) return known
  const compiled = compilePolicy(policy, mesh)
  authorization.compiled.set(policy, compiled)
  return compiled
}
