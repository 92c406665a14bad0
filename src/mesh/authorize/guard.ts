import type { HeaderList } from '../route/header-list.ts'
import { type HeaderChange, NO_CHANGES, withHeaderChanges } from '../route/headers.ts'
import type { Claims, MeshRequest } from '../route/request.ts'
import {
  type AuthorizationSource,
  authorize,
  type Authorizer,
  authorizerOf,
  dryRunOf,
  nextCheck,
  type NextCheck,
} from './authorizer.ts'
import type { PeerConnection } from './connection.ts'
import {
  authenticate,
  type Authentication,
  type KeySource,
  type RequestAuthenticationSource,
  type RequestAuthenticator,
  requestAuthenticatorOf,
} from './jwt/authenticate.ts'
import type { PolicySubject } from './policy-index.ts'
import { DENIED_BODY, type Verdict } from './verdict.ts'

/** What stands before a workload: all policies in the order in which a proxy heeds them. */
export interface WorkloadGuard {
  /**
   * Who outside of the mesh has to agree before the rest is asked, from a place in the order on. Without a request it is
   * about bytes that are no HTTP. Undefined: nobody is left.
   */
  nextCheck(connection: PeerConnection, request: MeshRequest | undefined, from: number): NextCheck | undefined
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
      /** What tokens add to the request and take from it. */
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

/** Whether policies on trial would have let a request pass, those that deny and those that allow; absent: none of them. */
export interface Trial {
  readonly deny?: boolean
  readonly allow?: boolean
}

export interface GuardOptions<Subject extends PolicySubject = PolicySubject> {
  readonly keys: KeySource
  /** Told of every request that policies on trial have looked at. */
  onTrial?(subject: Subject, port: number, trial: Trial): void
}

/** Undefined where no policy speaks of the workload. */
export function guardOf<Subject extends PolicySubject>(
  options: GuardOptions<Subject>,
): (source: AuthorizationSource & RequestAuthenticationSource, workload: Subject) => WorkloadGuard | undefined {
  const { keys, onTrial } = options
  return (source, workload) => {
    const authorizer = authorizerOf(source, workload)
    const authenticator = requestAuthenticatorOf(source, workload)
    const tell =
      onTrial === undefined || authorizer.http.dryRun === undefined
        ? undefined
        : (port: number, trial: Trial) => onTrial(workload, port, trial)
    if (authenticator === undefined && tell === undefined && isIdle(authorizer)) return undefined
    return {
      nextCheck: (connection, request, from) => nextCheck(authorizer, { connection, request }, from),
      request: (connection, request, nowMs) =>
        judge({ authorizer, authenticator, keys, tell }, { connection, request, nowMs }),
      connection: (connection) => judgeConnection(authorizer, connection),
    }
  }
}

const HTTP_FORBIDDEN = 403

function isIdle({ http, tcp }: Authorizer): boolean {
  return [http, tcp].every(
    ({ external, deny, allow }) => external.length === 0 && deny === undefined && allow === undefined,
  )
}

interface Parts {
  readonly authorizer: Authorizer
  readonly authenticator: RequestAuthenticator | undefined
  readonly keys: KeySource
  /** Absent where nothing is on trial, or nobody wants to know. */
  readonly tell: ((port: number, trial: Trial) => void) | undefined
}

function judge(
  { authorizer, authenticator, keys, tell }: Parts,
  call: { readonly connection: PeerConnection; readonly request: MeshRequest; readonly nowMs: number },
): Judgement {
  const { connection, nowMs } = call
  let { request } = call
  let changes = NO_CHANGES
  if (authenticator !== undefined) {
    const authentication = authenticate(authenticator, request, { nowMs, keys })
    if (authentication.kind === 'refused') return refusedToken(authentication)
    const { claims, query } = authentication
    if (claims !== undefined || authentication.changes.length > 0) {
      request = { ...changed(request, authentication.changes), claims, query }
      changes = authentication.changes
    }
  }
  const verdict = authorize(authorizer, connection, request)
  if (tell !== undefined) tell(connection.destinationPort, trialOf(authorizer, verdict, { connection, request }))
  if (verdict.allowed) return { allowed: true, claims: request.claims, changes, query: request.query }
  const { details = '', policy } = verdict
  return {
    allowed: false,
    reply: { status: HTTP_FORBIDDEN, body: DENIED_BODY, details, headers: [] },
    policy,
    flags: [],
  }
}

/** What a policy denies, those that allow never see. */
function trialOf(
  authorizer: Authorizer,
  { allowed, action }: Verdict,
  { connection, request }: { readonly connection: PeerConnection; readonly request: MeshRequest },
): Trial {
  const { deny, allow } = dryRunOf(authorizer, connection, request) ?? {}
  const isSeen = allowed || action !== 'DENY'
  return { ...(deny && { deny: deny.allowed }), ...(allow && isSeen && { allow: allow.allowed }) }
}

function judgeConnection(authorizer: Authorizer, connection: PeerConnection): ConnectionJudgement {
  const { allowed, policy, details } = authorize(authorizer, connection)
  return { allowed, policy, details }
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
