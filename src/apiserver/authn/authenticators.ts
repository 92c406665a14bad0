import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { unauthorized } from '../../api/errors.ts'
import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'
import type { Authenticator } from '../http/authentication.ts'
import { API_AUDIENCE, verifyToken } from './service-account-tokens.ts'
import type { TokenSigner } from './token-signer.ts'

/** A client certificate that our authority vouches for: its common name is the user, its organizations are the groups. */
export const clientCertificates: Authenticator = {
  authenticate(request: IncomingMessage) {
    const socket = request.socket as Partial<TLSSocket>
    if (socket.authorized !== true || socket.getPeerCertificate === undefined) return Promise.resolve(undefined)
    const { subject } = socket.getPeerCertificate()
    if (subject?.CN === undefined) return Promise.resolve(undefined)
    const organizations = subject.O as string | readonly string[] | undefined
    const groups = organizations === undefined ? [] : [organizations].flat()
    return Promise.resolve({ username: firstOf(subject.CN), groups })
  },
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
