import { messageOf } from '../../base/message-of.ts'

export const CONNECTION_REFUSED = 'Connection refused'

/** What a C library says of errors when connecting, which is what Envoy's logs and answers quote. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: CONNECTION_REFUSED,
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  // Of the network in this process.
  refused: CONNECTION_REFUSED,
  'no-route': 'No route to host',
}

/** Why there is no connection. */
export function connectReason(error: unknown): string {
  const { code, how } = error as { readonly code?: unknown; readonly how?: unknown }
  const known = typeof how === 'string' ? how : code
  return (typeof known === 'string' ? WORDS[known] : undefined) ?? messageOf(error)
}
