import { withListChanges } from '../route/headers.ts'
import type { Guard, GuardedConnection } from './guard.ts'
import type { LocalReply } from './local-reply.ts'
import type { RoutedRequest } from './routed-request.ts'
import type { OutgoingHead } from './steps.ts'

/** Whether something may come in. */
export type Entry = { readonly kind: 'passed' } | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly reply: LocalReply
  /** `namespace/name` of the policy that said so. */
  readonly policy: string | undefined
  /** Envoy's response flags. */
  readonly flags: readonly string[]
}

export const PASSED: Entry = { kind: 'passed' }

/** What a token says of the request, and takes from it, is seen in it afterwards. */
export function judged(
  guard: Guard,
  connection: GuardedConnection,
  { routed, now }: { readonly routed: RoutedRequest; readonly now: number },
): Entry {
  const verdict = guard.request(connection, routed, now)
  if (!verdict.allowed) {
    const { reply, policy, flags } = verdict
    return { kind: 'refused', reply, policy, flags }
  }
  routed.claims = verdict.claims
  routed.query = verdict.query
  if (verdict.changes.length > 0) routed.list = withListChanges(routed.list, verdict.changes)
  return PASSED
}

/** Bytes that are no HTTP. Nothing is answered to who may not send them. */
export function judgedConnection(guard: Guard, connection: GuardedConnection): Entry {
  const { allowed, policy, details = '' } = guard.connection(connection)
  return allowed ? PASSED : { kind: 'refused', reply: { status: 0, body: '', details }, policy, flags: NO_FLAGS }
}

/** As it goes on, once it has come in. */
export function headOf({ method, scheme, authority, target, list: headers }: RoutedRequest): OutgoingHead {
  return { method, scheme, authority, target, headers }
}

const NO_FLAGS: readonly string[] = []
