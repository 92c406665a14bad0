import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { unauthorized } from '../../api/errors.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'
import type { Authenticator } from '../http/authentication.ts'
import { API_AUDIENCE, CREDENTIAL_ID, verifyToken } from './service-account-tokens.ts'
import type { TokenSigner } from './token-signer.ts'

/** Who a connection's certificate names, read once for all of its requests. */
const CERTIFIED = new WeakMap<object, UserInfo | undefined>()

/** A client certificate that our authority vouches for: its common name is the user, its organizations are the groups. */
export const clientCertificates: Authenticator = {
  authenticate({ socket }: IncomingMessage) {
    if (!CERTIFIED.has(socket)) CERTIFIED.set(socket, certifiedUser(socket as Partial<TLSSocket>))
    return Promise.resolve(CERTIFIED.get(socket))
  },
}

/** k8s.io/apiserver pkg/authentication/request/x509/x509.go CommonNameUserConversion */
function certifiedUser(socket: Partial<TLSSocket>): UserInfo | undefined {
  if (socket.authorized !== true || socket.getPeerCertificate === undefined) return undefined
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  const username = subject?.CN === undefined ? '' : firstOf(subject.CN)
  if (username === '') return undefined
  const organizations = subject.O as string | readonly string[] | undefined
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`
  return {
    username,
    groups: organizations === undefined ? [] : [organizations].flat(),
    extra: { [CREDENTIAL_ID]: [id] },
  }
}

/** Subjects with several common names are read as Go reads them: the first counts. */
function firstOf(name: string | readonly string[]): string {
  return typeof name === 'string' ? name : (name[0] ?? '')
}

/** `Authorization: Bearer` with a service account's token. A token of ours that is no longer good is refused. */
export function serviceAccountTokens(options: { signer: TokenSigner; store: Store; clock: Clock }): Authenticator {
  return {
    authenticate(request) {
      const token = bearerToken(request.headers.authorization)
      if (token === undefined) return Promise.resolve(undefined)
      const verdict = verifyToken(token, { ...options, audiences: [API_AUDIENCE] })
      if (verdict !== undefined && 'error' in verdict) throw unauthorized()
      return Promise.resolve(verdict?.user)
    },
  }
}

function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(header ?? '')?.[1]
}
