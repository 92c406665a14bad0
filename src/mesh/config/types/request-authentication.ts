import type { ApiObject } from '../../../api/object.ts'
import type { PolicyTarget } from './policy-target.ts'

/** security.istio.io RequestAuthentication: which tokens are believed. */
export interface RequestAuthentication extends ApiObject {
  readonly spec?: RequestAuthenticationSpec
}

export interface RequestAuthenticationSpec extends PolicyTarget {
  readonly jwtRules?: readonly JwtRule[]
}

export interface JwtRule {
  readonly issuer?: string
  /** One of them has to be in the token; absent: any token will do. */
  readonly audiences?: readonly string[]
  readonly jwksUri?: string
  readonly jwks?: string
  readonly fromHeaders?: readonly { readonly name: string; readonly prefix?: string }[]
  readonly fromParams?: readonly string[]
  readonly fromCookies?: readonly string[]
  readonly outputPayloadToHeader?: string
  readonly outputClaimToHeaders?: readonly { readonly header: string; readonly claim: string }[]
  readonly forwardOriginalToken?: boolean
  /** How long fetching keys may take, as in `5s`. */
  readonly timeout?: string
  readonly spaceDelimitedClaims?: readonly string[]
}
