import type { JwtRule, RequestAuthentication } from '../../config/types/request-authentication.ts'
import { compareText } from '../../../base/compare-text.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'
import { claimOf } from '../../route/claims.ts'
import type { HeaderChange } from '../../route/headers.ts'
import { type Claims, headerOf, type MeshRequest } from '../../route/request.ts'
import { madeFor, type PolicyIndex, type PolicySubject } from '../policy-index.ts'
import { isAudienceAllowed } from './audience.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import { findTokens, type FoundToken, placesOf, type TokenPlaces, withoutParameter } from './location.ts'
import { type JsonWebToken, parseToken, timeProblem } from './token.ts'

export type RequestAuthenticationIndex = PolicyIndex<
  RequestAuthentication,
  readonly TokenProvider[],
  RequestAuthenticator | null
>

/** What of a snapshot says which tokens are believed. */
export interface RequestAuthenticationSource {
  readonly mesh: MeshConfig
  readonly requestAuthentication: RequestAuthenticationIndex
}

/** All rules for tokens of one workload, by issuer. */
export interface RequestAuthenticator {
  readonly providers: readonly TokenProvider[]
  /** Tokens that were believed before, by their text: they need not be read again. */
  readonly known: Map<string, JsonWebToken>
}

/** One rule, made ready. */
interface TokenProvider {
  readonly rule: JwtRule
  readonly issuer: string
  readonly places: TokenPlaces
  /** Headers that only this rule may set: what a client sends under their names is removed. */
  readonly removals: readonly HeaderChange[]
  /** Where keys are in the rule itself. */
  readonly keys: KeySet | undefined
  readonly listClaims: readonly string[]
}

/** Where keys come from that a rule only says the place of. */
export interface KeySource {
  keysOf(rule: JwtRule): KeySet
}

export type Authentication =
  | {
      readonly kind: 'passed'
      /** Undefined: there was no token, which only an AuthorizationPolicy can object to. */
      readonly claims: Claims | undefined
      readonly changes: readonly HeaderChange[]
      /** The query as it goes on: a token may have been taken out of it. */
      readonly query: string | undefined
    }
  | {
      readonly kind: 'refused'
      readonly status: 401 | 403
      readonly body: string
      readonly wwwAuthenticate: string
      /** Envoy's word for it, as an access log shows it. */
      readonly details: string
    }

/** As many tokens are remembered, and then forgotten together. */
const KNOWN_MAX = 1_000

/** These are lists although tokens have them as one text. */
const LIST_CLAIMS = ['permission', 'scope']

const MISSING = 'Jwt is missing'
const UNKNOWN_ISSUER = 'Jwt issuer is not configured'
const WRONG_AUDIENCE = 'Audiences in Jwt are not allowed'

/** So much of a URL is repeated in an answer (envoyproxy/envoy source/extensions/filters/http/jwt_authn/filter.cc). */
const REALM_PATH_MAX = 256

/** Undefined where no rule is for the workload: then nobody looks at tokens. */
export function requestAuthenticatorOf(
  { mesh, requestAuthentication }: RequestAuthenticationSource,
  subject: PolicySubject,
): RequestAuthenticator | undefined {
  const { compiled } = requestAuthentication
  const made = madeFor(requestAuthentication, subject, {
    rootNamespace: mesh.rootNamespace,
    isFresh: () => true,
    make(policies) {
      const isRoot = ({ metadata }: RequestAuthentication) => Number(metadata.namespace === mesh.rootNamespace)
      // Of two rules for one issuer, the workload's own namespace is heard first.
      const ordered = policies.toSorted((a, b) => isRoot(a) - isRoot(b))
      const providers = ordered.flatMap((policy) => {
        const own = compiled.get(policy) ?? (policy.spec?.jwtRules ?? []).map(providerOf)
        compiled.set(policy, own)
        return own
      })
      const byIssuer = providers.toSorted((a, b) => compareText(a.issuer, b.issuer))
      return providers.length === 0 ? null : { providers: byIssuer, known: new Map() }
    },
  })
  return made ?? undefined
}

/**
 * A token that is there has to be genuine; one that is missing passes. The first rule that a token fits decides.
 * Rules: istio/istio pilot/pkg/security/authn/policy_applier.go, envoyproxy/envoy
 * source/extensions/filters/http/jwt_authn/{verifier,authenticator}.cc.
 */
export function authenticate(
  { providers, known }: RequestAuthenticator,
  request: MeshRequest,
  options: { readonly nowMs: number; readonly keys: KeySource },
): Authentication {
  if (isPreflight(request)) return { kind: 'passed', claims: undefined, changes: [], query: request.query }
  const problems: string[] = []
  const changes: HeaderChange[] = []
  for (const provider of providers) {
    for (const removal of provider.removals) if (headerOf(request, removal.name) !== undefined) changes.push(removal)
    const attempt = tryProvider(provider, request, { ...options, known })
    if (typeof attempt !== 'string') return { ...attempt, changes: [...changes, ...attempt.changes] }
    problems.push(attempt)
  }
  // Envoy asks all rules once more, each for its token or none, and hears of the first problem again at the end.
  const first = problems.find((problem) => problem !== MISSING) ?? MISSING
  const problem = [...problems, first].reduce(worse, MISSING)
  if (problem === MISSING) return { kind: 'passed', claims: undefined, changes, query: request.query }
  return refused(request, problem)
}

function providerOf(rule: JwtRule): TokenProvider {
  const { issuer = '', jwks = '', outputPayloadToHeader = '', outputClaimToHeaders = [] } = rule
  const outputs = [outputPayloadToHeader, ...outputClaimToHeaders.map(({ header }) => header)]
  return {
    rule,
    issuer,
    places: placesOf(rule),
    removals: outputs.filter((name) => name !== '').map((name) => ({ op: 'remove', name: name.toLowerCase() })),
    keys: jwks === '' ? undefined : parseKeySet(jwks),
    listClaims: [...LIST_CLAIMS, ...(rule.spaceDelimitedClaims ?? [])],
  }
}

/** The request after the token was believed, or the problem. Of several tokens, all have to be genuine. */
function tryProvider(
  provider: TokenProvider,
  request: MeshRequest,
  options: { readonly nowMs: number; readonly keys: KeySource; readonly known: RequestAuthenticator['known'] },
): Extract<Authentication, { readonly kind: 'passed' }> | string {
  const found = findTokens(provider.places, request)
  let claims: Claims | undefined
  let { query } = request
  const changes: HeaderChange[] = []
  for (const candidate of found.toReversed()) {
    const token = options.known.get(candidate.text) ?? parseToken(candidate.text)
    if (typeof token === 'string') return token
    const problem = tokenProblem(provider, token, options)
    if (problem !== undefined) return problem
    remember(options.known, token)
    claims = withLists(token.claims, provider.listClaims)
    changes.push(...outputsOf(provider.rule, token))
    if (provider.rule.forwardOriginalToken === true) continue
    if (candidate.place.kind === 'header') changes.push({ op: 'remove', name: candidate.place.name })
    query = queryAfter(query, candidate)
  }
  return claims === undefined ? MISSING : { kind: 'passed', claims, changes, query }
}

function remember(known: RequestAuthenticator['known'], token: JsonWebToken): void {
  if (known.has(token.text)) return
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(token.text, token)
}

function tokenProblem(
  { rule, issuer, keys: ownKeys }: TokenProvider,
  token: JsonWebToken,
  { nowMs, keys }: { readonly nowMs: number; readonly keys: KeySource },
): string | undefined {
  if (issuer !== '' && token.issuer !== issuer) return UNKNOWN_ISSUER
  const problem = timeProblem(token, nowMs)
  if (problem !== undefined) return problem
  if (!isAudienceAllowed(token.audiences, rule.audiences ?? [])) return WRONG_AUDIENCE
  return (ownKeys ?? keys.keysOf(rule)).problemOf(token)
}

/** A token for another rule says less than a bad one, and a missing one says least. */
function worse(known: string, problem: string): string {
  const isTelling = problem !== MISSING && problem !== UNKNOWN_ISSUER
  return isTelling || known === MISSING ? problem : known
}

function outputsOf(
  { outputPayloadToHeader = '', outputClaimToHeaders = [] }: JwtRule,
  { payload, claims }: JsonWebToken,
): readonly HeaderChange[] {
  const outputs = outputClaimToHeaders.map(({ header, claim }) => ({
    name: header.toLowerCase(),
    value: printClaim(claimOf(claims, claim.split('.'))),
  }))
  if (outputPayloadToHeader !== '') outputs.unshift({ name: outputPayloadToHeader.toLowerCase(), value: payload })
  return outputs.filter(({ value }) => value !== '').map(({ name, value }) => ({ op: 'add', name, value }))
}

/** Empty for what no header can say. */
function printClaim(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return ''
  return Number.isInteger(value) && value >= 0 ? BigInt(value).toString() : value.toFixed(6)
}

/** Texts with spaces between them, as lists. */
function withLists(claims: Claims, names: readonly string[]): Claims {
  const lists = names.flatMap((name): [string, string[]][] => {
    const value = claims[name]
    return typeof value === 'string' ? [[name, value.split(' ').filter((item) => item !== '')]] : []
  })
  return lists.length === 0 ? claims : { ...claims, ...Object.fromEntries(lists) }
}

function queryAfter(query: string | undefined, { place }: FoundToken): string | undefined {
  return place.kind === 'param' && query !== undefined ? withoutParameter(query, place.name) : query
}

/** Browsers send it without any token. */
function isPreflight(request: MeshRequest): boolean {
  if (request.method !== 'OPTIONS') return false
  return Boolean(headerOf(request, 'origin')) && Boolean(headerOf(request, 'access-control-request-method'))
}

function refused(request: MeshRequest, problem: string): Authentication {
  const { scheme, authority } = request
  const target = headerOf(request, ':path') ?? ''
  return {
    kind: 'refused',
    status: problem === WRONG_AUDIENCE ? 403 : 401,
    body: problem,
    // A missing token is never refused here, so what is refused is always invalid.
    wwwAuthenticate: `Bearer realm="${scheme}://${authority}${target.slice(0, REALM_PATH_MAX)}", error="invalid_token"`,
    details: `jwt_authn_access_denied{${problem.replaceAll(' ', '_')}}`,
  }
}
