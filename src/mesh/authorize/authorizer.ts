import type { MeshConfig } from '../config/mesh-config.ts'
import type { AuthorizationPolicy } from '../config/types/authorization-policy.ts'
import type { MeshService } from '../registry/mesh-service.ts'
import type { MeshRequest } from '../route/request.ts'
import { type CompiledPolicy, compilePolicy } from './compiled-policy.ts'
import type { PeerConnection } from './connection.ts'
import type { ExternalCheck } from './external.ts'
import { type Plan, planFor } from './plan.ts'
import { madeFor, type PolicyIndex, type PolicySubject } from './policy-index.ts'
import { NO_POLICY, type RulePlace, type Verdict } from './verdict.ts'

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

/** The same for the same workload, until a policy changes. */
export function authorizerOf(source: AuthorizationSource, subject: PolicySubject): Authorizer {
  return madeFor(source.authorization, subject, {
    rootNamespace: source.mesh.rootNamespace,
    isFresh: ({ services }) => services === undefined || services === source.services,
    make: (policies) =>
      authorizerFrom(
        policies.map((policy) => compiledIn(source, policy)),
        source,
      ),
  })
}

/** Plain TCP is rare where HTTP is not, and the other way round: what nobody asks for is not planned. */
function authorizerFrom(policies: readonly CompiledPolicy[], source: AuthorizationSource): Authorizer {
  let http: Plan | undefined
  let tcp: Plan | undefined
  const { mesh, services } = source
  return {
    get http() {
      return (http ??= planFor(policies, 'http', { mesh, services }))
    },
    get tcp() {
      return (tcp ??= planFor(policies, 'tcp', { mesh, services }))
    },
    services: policies.some(({ action }) => action === 'CUSTOM') ? services : undefined,
  }
}

/**
 * What DENY and then ALLOW policies say. Without a request it is about a connection of plain TCP. `externalChecks` come
 * before it, and before the token is looked at.
 */
export function authorize(authorizer: Authorizer, connection: PeerConnection, request?: MeshRequest): Verdict {
  const { deny, allow, otherwise } = planOf(authorizer, request)
  return (deny?.(connection, request) ?? allow?.(connection, request))?.verdict ?? otherwise
}

/**
 * Whom CUSTOM policies want to be asked, in this order; all have to agree. Tokens have not been looked at yet, so the
 * request has no claims.
 */
export function externalChecks(
  authorizer: Authorizer,
  connection: PeerConnection,
  request?: MeshRequest,
): readonly ExternalCheck[] {
  const { external } = planOf(authorizer, request)
  if (external.length === 0) return NO_CHECKS
  return external.flatMap(({ rules }) => rules.find((rule) => rule.matches(connection, request))?.check ?? [])
}

const NO_CHECKS: readonly ExternalCheck[] = []

/** Who is to be asked, and where to go on looking for others once they have agreed. */
export interface NextCheck {
  readonly check: ExternalCheck
  readonly next: number
}

/**
 * The first who is to be asked, from a place in the order on: what those before it have changed of the request counts.
 * Undefined: nobody is left.
 */
export function nextCheck(
  authorizer: Authorizer,
  call: { readonly connection: PeerConnection; readonly request: MeshRequest | undefined },
  from: number,
): NextCheck | undefined {
  const { connection, request } = call
  const { external } = planOf(authorizer, request)
  for (let place = from; place < external.length; place++) {
    const rule = external[place]?.rules.find(({ matches }) => matches(connection, request))
    if (rule !== undefined) return { check: rule.check, next: place + 1 }
  }
  return undefined
}

/** The first rule of an AUDIT policy that fits: it asks that the request be logged, and decides nothing. */
export function auditOf(
  authorizer: Authorizer,
  connection: PeerConnection,
  request?: MeshRequest,
): RulePlace | undefined {
  return planOf(authorizer, request).audit?.(connection, request)?.place
}

/** What policies on trial would have said, each action by itself; undefined where none of them is on trial. */
export function dryRunOf(
  authorizer: Authorizer,
  connection: PeerConnection,
  request?: MeshRequest,
): { readonly deny: Verdict | undefined; readonly allow: Verdict | undefined } | undefined {
  const { dryRun } = planOf(authorizer, request)
  if (dryRun === undefined) return undefined
  const { deny, allow, otherwise } = dryRun
  return {
    deny: deny && (deny(connection, request)?.verdict ?? NO_POLICY),
    allow: allow && (allow(connection, request)?.verdict ?? otherwise),
  }
}

function planOf(authorizer: Authorizer, request: MeshRequest | undefined): Plan {
  return request === undefined ? authorizer.tcp : authorizer.http
}

function compiledIn({ authorization, mesh }: AuthorizationSource, policy: AuthorizationPolicy): CompiledPolicy {
  const known = authorization.compiled.get(policy)
  if (known !== undefined) return known
  const compiled = compilePolicy(policy, mesh)
  authorization.compiled.set(policy, compiled)
  return compiled
}
