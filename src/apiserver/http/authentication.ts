import type { IncomingMessage } from 'node:http'
import type { UserInfo } from '../../api/request.ts'

/** Says who sends a request. `undefined`: this authenticator does not know; a thrown Status refuses the request. */
export interface Authenticator {
  authenticate(request: IncomingMessage): Promise<UserInfo | undefined>
}

/** What an authorizer is asked about (k8s.io/apiserver pkg/authorization/authorizer). */
export interface Attributes {
  readonly user: UserInfo
  readonly verb: string
  /** Absent for paths that are no resource, such as `/healthz`. */
  readonly resource?: {
    readonly group: string
    readonly version: string
    readonly plural: string
    readonly subresource?: string | undefined
    readonly namespace?: string | undefined
    readonly name?: string | undefined
  }
  readonly path: string
}

/** `reason` is told to who is refused, and to who asks by a SubjectAccessReview. */
export interface Verdict {
  readonly allowed: boolean
  readonly reason: string
}

export interface Authorizer {
  authorize(attributes: Attributes): Verdict
}

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Who was recognized belongs to `system:authenticated`, unless a group says otherwise already (pkg/authentication/group). */
export function authenticated(user: UserInfo): UserInfo {
  const { groups = [] } = user
  const isMarked = groups.includes('system:authenticated') || groups.includes('system:unauthenticated')
  return isMarked ? user : { ...user, groups: [...groups, 'system:authenticated'] }
}
