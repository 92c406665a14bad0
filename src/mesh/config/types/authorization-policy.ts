import type { ApiObject } from '../../../api/object.ts'
import type { PolicyTarget } from './policy-target.ts'

/** security.istio.io AuthorizationPolicy: who may call what. */
export interface AuthorizationPolicy extends ApiObject {
  readonly spec?: AuthorizationPolicySpec
}

export interface AuthorizationPolicySpec extends PolicyTarget {
  /** Absent: ALLOW. */
  readonly action?: AuthorizationAction
  /** Whom CUSTOM asks: the name of an extension provider of the mesh. */
  readonly provider?: { readonly name?: string }
  /** `null` is what YAML makes of a field without a value. */
  readonly rules?: readonly (AuthorizationRule | null)[] | null
}

export type AuthorizationAction = 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM'

/** One of `from`, one of `to`, and all of `when`; what is absent is met by every request. */
export interface AuthorizationRule {
  readonly from?: readonly { readonly source?: AuthorizationSource }[]
  readonly to?: readonly { readonly operation?: AuthorizationOperation }[]
  readonly when?: readonly AuthorizationCondition[]
}

export interface AuthorizationSource {
  readonly principals?: readonly string[]
  readonly notPrincipals?: readonly string[]
  readonly requestPrincipals?: readonly string[]
  readonly notRequestPrincipals?: readonly string[]
  readonly namespaces?: readonly string[]
  readonly notNamespaces?: readonly string[]
  readonly serviceAccounts?: readonly string[]
  readonly notServiceAccounts?: readonly string[]
  readonly trustDomains?: readonly string[]
  readonly notTrustDomains?: readonly string[]
  readonly ipBlocks?: readonly string[]
  readonly notIpBlocks?: readonly string[]
  readonly remoteIpBlocks?: readonly string[]
  readonly notRemoteIpBlocks?: readonly string[]
}

export interface AuthorizationOperation {
  readonly hosts?: readonly string[]
  readonly notHosts?: readonly string[]
  readonly ports?: readonly string[]
  readonly notPorts?: readonly string[]
  readonly methods?: readonly string[]
  readonly notMethods?: readonly string[]
  readonly paths?: readonly string[]
  readonly notPaths?: readonly string[]
}

/** One of `values`, and none of `notValues`. */
export interface AuthorizationCondition {
  readonly key: string
  readonly values?: readonly string[]
  readonly notValues?: readonly string[]
}
