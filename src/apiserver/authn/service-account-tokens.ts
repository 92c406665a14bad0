import type { ApiObject } from '../../api/object.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'
import type { NameAndUid, TokenClaims, TokenSigner } from './token-signer.ts'

/** The audience of tokens that say none. */
export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

export type TokenVerdict =
  | { readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly error: string }
  /** Not one of ours: another authenticator may know it. */
  | undefined

/**
 * Whose token this is. A token is as good as what it is bound to: it ends with its service account, and with the pod or
 * secret that it names.
 */
export function verifyToken(
  token: string,
  options: { signer: TokenSigner; store: Store; clock: Clock; audiences: readonly string[] },
): TokenVerdict {
  const { signer, store, clock, audiences } = options
  const claims = signer.verify(token)
  if (claims === undefined) return undefined
  const nowSeconds = clock.now() / 1_000
  if (claims.exp <= nowSeconds) return { error: 'service account token has expired' }
  if (claims.nbf > nowSeconds) return { error: 'service account token is not valid yet' }
  const shared = claims.aud.filter((audience) => audiences.includes(audience))
  if (shared.length === 0) {
    return {
      error: `token audiences ${JSON.stringify(claims.aud)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
    }
  }
  const error = boundError(claims, store)
  return error === undefined ? { user: userOf(claims), audiences: shared } : { error }
}

function boundError(claims: TokenClaims, store: Store): string | undefined {
  const { namespace, serviceaccount, pod, secret } = claims['kubernetes.io']
  const isSame = (object: ApiObject | undefined, bound: NameAndUid): boolean => object?.metadata.uid === bound.uid
  if (!isSame(store.get('/serviceaccounts', { namespace, name: serviceaccount.name }), serviceaccount)) {
    return 'service account token has been invalidated'
  }
  if (pod !== undefined && !isSame(store.get('/pods', { namespace, name: pod.name }), pod)) {
    return 'service account token has been invalidated'
  }
  if (secret !== undefined && !isSame(store.get('/secrets', { namespace, name: secret.name }), secret)) {
    return 'service account token has been invalidated'
  }
  return undefined
}

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra: Record<string, readonly string[]> = {
    'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
  }
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name]
    if (node.uid !== undefined) extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  }
  return {
    username: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra,
  }
}
