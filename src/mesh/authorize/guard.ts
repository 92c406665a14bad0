import type { HeaderList } from '../route/header-list.ts'
import { type HeaderChange, withHeaderChanges } from '../route/headers.ts'
import type { Claims, MeshRequest } from '../route/request.ts'
import { type AuthorizationSource, authorize, type Authorizer, authorizerOf, externalChecks } from './authorizer.ts'
import type { PeerConnection } from './connection.ts'
import type { ExternalCheck } from './external.ts'
import {
  authenticate,
  type Authentication,
  type KeySource,
  type RequestAuthenticationSource,
  type RequestAuthenticator,
  requestAuthenticatorOf,
} from './jwt/authenticate.ts'
import type { PolicySubject } from './policy-index.ts'
import { DENIED_BODY } from './verdict.ts'

/** What stands before a workload: all policies in the order in which a proxy heeds them. */
export interface WorkloadGuard {
  request(connection: PeerConnection, request: MeshRequest, nowMs: number): Judgement
  /** Bytes that are no HTTP. */
  connection(connection: PeerConnection): ConnectionJudgement
}

export interface ConnectionJudgement {
  readonly allowed: boolean
  /** As in `Judgement`. */
  readonly policy: string | undefined
  /** Why the connection is closed, in Envoy's word. */
  readonly details: string | undefined
}

export type Judgement =
  | {
      readonly allowed: true
      readonly claims: Claims | undefined
      /** What tokens, and those who were asked, add to the request and take from it. */
      readonly changes: readonly HeaderChange[]
      /** As it goes on: a token may have been taken out of it. */
      readonly query: string | undefined
    }
  | {
      readonly allowed: false
      readonly reply: {
        readonly status: number
        readonly body: string
        readonly details: string
        readonly headers: HeaderList
      }
      /** `namespace/name`; absent where a token was refused, or no ALLOW policy fits. */
      readonly policy: string | undefined
      /** Envoy's response flags. */
      readonly flags: readonly string[]
    }

/** What a provider of external authorization said. */
export type ExternalAnswer =
  | { readonly kind: 'allowed'; readonly changes?: readonly HeaderChange[] }
  | { readonly kind: 'refused'; readonly status?: number; readonly body?: string; readonly headers?: HeaderList }
  | { readonly kind: 'unreachable' }

export interface GuardOptions {
  readonly keys: KeySource
  /** Asks a provider; absent: none can be reached. */
  readonly ask?: (check: ExternalCheck, call: ExternalCall) => ExternalAnswer
}

export interface ExternalCall {
  readonly connection: PeerConnection
  readonly request: MeshRequest | undefined
}

/** Undefined where no policy speaks of the workload. */
export function guardOf(
  options: GuardOptions,
): (source: AuthorizationSource & RequestAuthenticationSource, workload: PolicySubject) => WorkloadGuard | undefined {
  return (source, workload) => {
    const authorizer = authorizerOf(source, workload)
    const authenticator = requestAuthenticatorOf(source, workload)
    if (authenticator === undefined && isIdle(authorizer)) return undefined
    return {
      request: (connection, request, nowMs) =>
        judge({ authorizer, authenticator, options }, { connection, request, nowMs }),
      connection: (connection) => judgeConnection(authorizer, connection, options),
    }
  }
}

const HTTP_FORBIDDEN = 403

/** Envoy's flag for what others refused. */
const EXTERNAL_FLAGS = ['UAEX']

function isIdle({ http, tcp }: Authorizer): boolean {
  return [http, tcp].every(
    ({ external, deny, allow }) => external.length === 0 && deny === undefined && allow === undefined,
  )
}

interface Parts {
  readonly authorizer: Authorizer
  readonly authenticator: RequestAuthenticator | undefined
  readonly options: GuardOptions
}

function judge(
  { authorizer, authenticator, options }: Parts,
  call: { readonly connection: PeerConnection; readonly request: MeshRequest; readonly nowMs: number },
): Judgement {
  const { connection, nowMs } = call
  let { request } = call
  const external = askAll(authorizer, { connection, request }, options)
  if (!external.allowed) return external
  let { changes } = external
  if (changes.length > 0) request = changed(request, changes)
  if (authenticator !== undefined) {
    const authentication = authenticate(authenticator, request, { nowMs, keys: options.keys })
    if (authentication.kind === 'refused') return refusedToken(authentication)
    const { claims, query } = authentication
    if (claims !== undefined || authentication.changes.length > 0) {
      request = { ...changed(request, authentication.changes), claims, query }
      changes = [...changes, ...authentication.changes]
    }
  }
  const verdict = authorize(authorizer, connection, request)
  if (verdict.allowed) return { allowed: true, claims: request.claims, changes, query: request.query }
  const { details = '', policy } = verdict
  return {
    allowed: false,
    reply: { status: HTTP_FORBIDDEN, body: DENIED_BODY, details, headers: [] },
    policy,
    flags: [],
  }
}

function judgeConnection(
  authorizer: Authorizer,
  connection: PeerConnection,
  { ask }: GuardOptions,
): ConnectionJudgement {
  const refusing = externalChecks(authorizer, connection).find((check) => {
    const { kind } = answerTo(check, { connection, request: undefined }, ask)
    return kind === 'refused' || (kind === 'unreachable' && !failsOpen(check))
  })
  const { allowed, policy, details } = refusing?.refused ?? authorize(authorizer, connection)
  return { allowed, policy, details }
}

/** The first that refuses ends it; what those who allow want to be added is added. */
function askAll(authorizer: Authorizer, call: ExternalCall, { ask }: GuardOptions): Judgement {
  const { connection, request } = call
  const changes: HeaderChange[] = []
  for (const check of externalChecks(authorizer, connection, request)) {
    const { policy, details = '' } = check.refused
    if (check.provider === undefined) {
      const reply = { status: HTTP_FORBIDDEN, body: DENIED_BODY, details, headers: [] }
      return { allowed: false, reply, policy, flags: [] }
    }
    const answer = answerTo(check, call, ask)
    if (answer.kind === 'allowed') changes.push(...(answer.changes ?? []))
    if (answer.kind === 'refused') {
      const { status = HTTP_FORBIDDEN, body = '', headers = [] } = answer
      return { allowed: false, reply: { status, body, details, headers }, policy, flags: EXTERNAL_FLAGS }
    }
    if (answer.kind === 'unreachable' && !failsOpen(check)) {
      const status = statusOnError(check)
      const reply = { status, body: '', details: 'ext_authz_error', headers: [] }
      return { allowed: false, reply, policy, flags: EXTERNAL_FLAGS }
    }
  }
  return { allowed: true, claims: undefined, changes, query: request?.query }
}

function answerTo(check: ExternalCheck, call: ExternalCall, ask: GuardOptions['ask']): ExternalAnswer {
  if (check.provider === undefined) return { kind: 'refused' }
  return ask === undefined ? { kind: 'unreachable' } : ask(check, call)
}

function failsOpen({ provider }: ExternalCheck): boolean {
  return (provider?.envoyExtAuthzHttp ?? provider?.envoyExtAuthzGrpc)?.failOpen === true
}

function statusOnError({ provider }: ExternalCheck): number {
  const written = (provider?.envoyExtAuthzHttp ?? provider?.envoyExtAuthzGrpc)?.statusOnError ?? ''
  return written === '' ? HTTP_FORBIDDEN : Number(written)
}

function changed(request: MeshRequest, changes: readonly HeaderChange[]): MeshRequest {
  return { ...request, headers: withHeaderChanges(request.headers ?? {}, changes) }
}

function refusedToken({
  status,
  body,
  details,
  wwwAuthenticate,
}: Extract<Authentication, { readonly kind: 'refused' }>): Judgement {
  const headers = ['www-authenticate', wwwAuthenticate]
  return { allowed: false, reply: { status, body, details, headers }, policy: undefined, flags: [] }
}
