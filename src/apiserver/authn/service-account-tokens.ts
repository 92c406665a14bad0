import { notFound } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { UserInfo } from '../../api/request.ts'
import { goQuote } from '../../base/go-quote.ts'
import type { ResourcePath } from '../../store/engine.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'
import type { NameAndUid, TokenClaims, TokenSigner } from './token-signer.ts'

/** The audience of tokens that say none. */
export const API_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

/** Where a user's `extra` names the very credential. */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id'
/** How far clocks may differ (go-jose jwt.DefaultLeeway). */
const LEEWAY_SECONDS = 60

export type TokenVerdict =
  | { readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly error: string }
  /** Not one of ours: another authenticator may know it. */
  | undefined

interface Verification {
  readonly signer: TokenSigner
  readonly store: Store
  readonly clock: Clock
  readonly audiences: readonly string[]
}

/**
 * Whose token this is. A token is as good as what it is bound to: it ends with its service account, and with the pod,
 * the secret or the node that it names (k8s.io/kubernetes pkg/serviceaccount/{jwt,claims}.go).
 */
export function verifyToken(token: string, { signer, store, clock, audiences }: Verification): TokenVerdict {
  const claims = signer.verify(token)
  if (claims === undefined) return undefined
  const shared = claims.aud.filter((audience) => audiences.includes(audience))
  if (shared.length === 0) {
    const [given, asked] = [claims.aud, audiences].map(printList)
    return { error: `token audiences ${given} is invalid for the target audiences ${asked}` }
  }
  const nowSeconds = clock.now() / 1_000
  if (nowSeconds > claims.exp + LEEWAY_SECONDS) return { error: 'service account token has expired' }
  if (nowSeconds < claims.nbf - LEEWAY_SECONDS) return { error: 'service account token is not valid yet' }
  const error = accountError(claims, { store, clock }) ?? boundError(claims, { store, clock })
  return error === undefined ? { user: userOf(claims), audiences: shared } : { error }
}

/** A list as Go's %q prints it. */
function printList(items: readonly string[]): string {
  return `[${items.map(goQuote).join(' ')}]`
}

type Bindings = Pick<Verification, 'store' | 'clock'>

function accountError({ 'kubernetes.io': claims }: TokenClaims, { store, clock }: Bindings): string | undefined {
  const { namespace, serviceaccount } = claims
  const { name, uid } = serviceaccount
  const account = store.get('/serviceaccounts', { namespace, name })
  if (account === undefined) return notFound({ group: '', resource: 'serviceaccounts' }, name).message
  if (isLongGone(account, clock)) return `service account ${namespace}/${name} has been deleted`
  if (account.metadata.uid === uid) return undefined
  return `service account UID (${account.metadata.uid ?? ''}) does not match claim (${uid})`
}

function boundError({ 'kubernetes.io': claims }: TokenClaims, { store, clock }: Bindings): string | undefined {
  const { namespace, pod, secret, node } = claims
  const bounds: readonly Bound[] = [
    { kind: 'secret', path: '/secrets', namespace, to: secret },
    { kind: 'pod', path: '/pods', namespace, to: pod },
    // A pod's token names the pod's node, and ends with the pod alone.
    { kind: 'node', path: '/nodes', to: pod === undefined ? node : undefined },
  ]
  for (const { kind, path, namespace: home, to } of bounds) {
    if (to === undefined) continue
    const object = store.get(path, { namespace: home, name: to.name })
    if (object === undefined || isLongGone(object, clock)) return 'service account token has been invalidated'
    const { uid = '' } = object.metadata
    if (uid !== to.uid) return `${kind} UID (${uid}) does not match service account ${kind} ref claim (${to.uid ?? ''})`
  }
  return undefined
}

/** What a token says that it lives as long as. */
interface Bound {
  readonly kind: string
  readonly path: ResourcePath
  readonly namespace?: string
  readonly to: (Partial<NameAndUid> & { readonly name: string }) | undefined
}

/** What is being deleted has its tokens for a little longer. */
function isLongGone({ metadata }: ApiObject, clock: Clock): boolean {
  if (metadata.deletionTimestamp === undefined) return false
  return Date.parse(metadata.deletionTimestamp) < clock.now() - LEEWAY_SECONDS * 1_000
}

function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra: Record<string, readonly string[]> = {
    [CREDENTIAL_ID]: [`JTI=${claims.jti}`],
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
