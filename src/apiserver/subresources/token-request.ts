import { badRequest, forbidden, invalid, invalidValue, notFound } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Pod, TokenRequest } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'
import { uuid } from '../../world/random.ts'
import { API_AUDIENCE } from '../authn/service-account-tokens.ts'
import type { TokenClaims, TokenSigner } from '../authn/token-signer.ts'
import type { ServerContext, SubresourceHandler } from '../context.ts'
import { current } from '../rest/get.ts'

/** k8s.io/kubernetes pkg/apis/authentication/validation and pkg/registry/core/serviceaccount/storage/token.go */
const SECONDS_DEFAULT = 3_600
const SECONDS_MIN = 600
const SECONDS_MAX = 2 ** 32

/** POST …/serviceaccounts/{name}/token: a token of that account, for an audience, bound to what the request names. */
export function tokenRequest(signer: TokenSigner): SubresourceHandler {
  return (request, context) => {
    const account = current(request, context)
    const { spec, metadata } = request.body as TokenRequest
    const seconds = spec.expirationSeconds ?? SECONDS_DEFAULT
    checkSeconds(seconds, account)
    const audiences = spec.audiences === undefined || spec.audiences.length === 0 ? [API_AUDIENCE] : spec.audiences
    const now = Math.floor(context.clock.now() / 1_000)
    const claims: TokenClaims = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      iss: signer.issuer,
      jti: uuid(context.random),
      'kubernetes.io': {
        namespace: account.metadata.namespace ?? '',
        serviceaccount: { name: account.metadata.name, uid: account.metadata.uid ?? '' },
        ...boundTo(request, spec.boundObjectRef, context),
      },
      nbf: now,
      sub: `system:serviceaccount:${account.metadata.namespace ?? ''}:${account.metadata.name}`,
    }
    return Promise.resolve({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {
        ...metadata,
        name: account.metadata.name,
        namespace: account.metadata.namespace ?? '',
        creationTimestamp: printTime(now * 1_000),
      },
      spec: { ...spec, audiences, expirationSeconds: seconds },
      status: { token: signer.sign(claims), expirationTimestamp: printTime((now + seconds) * 1_000) },
    })
  }
}

function checkSeconds(seconds: number, { metadata }: ApiObject): void {
  const refuse = (detail: string): never => {
    throw invalid('authentication.k8s.io', 'TokenRequest', metadata.name, [
      invalidValue('spec.expirationSeconds', seconds, detail),
    ])
  }
  if (seconds < SECONDS_MIN) refuse('may not specify a duration less than 10 minutes')
  if (seconds > SECONDS_MAX) refuse('may not specify a duration larger than 2^32 seconds')
}

type Bound = Pick<TokenClaims['kubernetes.io'], 'pod' | 'secret' | 'node'>

function boundTo(
  request: ApiRequest,
  reference: TokenRequest['spec']['boundObjectRef'],
  { store }: ServerContext,
): Bound {
  if (reference === undefined) return {}
  const { kind = '', name = '', uid } = reference
  const plural = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[kind]
  if (plural === undefined) throw badRequest(`cannot bind token for serviceaccount to a ${kind}`)
  const object = store.get(`/${plural}`, { namespace: kind === 'Node' ? undefined : request.namespace, name })
  if (object === undefined) throw notFound({ group: '', resource: plural }, name)
  if (uid !== undefined && uid !== '' && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw forbidden({ group: '', resource: plural }, name, why)
  }
  const bound = { name, uid: object.metadata.uid ?? '' }
  if (kind !== 'Pod') return kind === 'Secret' ? { secret: bound } : { node: bound }
  const nodeName = (object as Pod).spec.nodeName
  const node = nodeName === undefined ? undefined : store.get('/nodes', { name: nodeName })
  if (nodeName === undefined) return { pod: bound }
  return {
    pod: bound,
    node: { name: nodeName, ...(node?.metadata.uid === undefined ? {} : { uid: node.metadata.uid }) },
  }
}
