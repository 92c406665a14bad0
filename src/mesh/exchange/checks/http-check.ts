import type { HttpTerms } from '../../authorize/external-authorizer.ts'
import { type HeaderList, headerValue } from '../../route/header-list.ts'
import type { CheckedEvent, OutgoingHead } from '../steps.ts'
import { checkedHeaders, type CheckedRequest, PARTIAL_BODY } from './check-subject.ts'
import { type Consent, DENIED_DETAILS, UNREACHABLE } from './consent.ts'
import { type FieldChange, isOpen } from './field-change.ts'

/** By it a service that is asked over HTTP takes headers out of the request. */
const TO_REMOVE = 'x-envoy-auth-headers-to-remove'

/** What a proxy asks over HTTP. `body` goes with it. */
export interface HttpQuestion {
  readonly head: OutgoingHead
  readonly body: Buffer
}

const EMPTY = Buffer.alloc(0)

/**
 * The request itself, as far as it may be told. Rules: envoyproxy/envoy
 * source/extensions/filters/common/ext_authz/ext_authz_http_impl.cc.
 */
export function httpQuestion(terms: HttpTerms, request: CheckedRequest): HttpQuestion {
  const headers: string[] = []
  const added = new Set(terms.added.map(([name]) => name))
  for (const [name, value] of checkedHeaders(request)) {
    const isSent = name === PARTIAL_BODY || (isOpen(name) && terms.isSent(name))
    if (isSent && !added.has(name)) headers.push(name, value)
  }
  for (const [name, value] of terms.added) if (isOpen(name)) headers.push(name, value)
  const body = request.body?.bytes ?? EMPTY
  headers.push('content-length', String(body.length))
  const { method, scheme, authority, target } = request
  return { head: { method, scheme, authority, target: terms.pathPrefix + target, headers }, body }
}

/** 200 allows, an error of the service is none of its answers, and all else is for the client. */
export function httpConsent(http: HttpTerms, { status, headers, body }: CheckedEvent): Consent {
  if (status >= 500) return UNREACHABLE
  if (status !== 200) {
    const told = namedOf(headers, http.toClientOnDeny)
    return { kind: 'refused', reply: { status, body, details: DENIED_DETAILS, headers: told.flat() } }
  }
  const removed = (headerValue(headers, TO_REMOVE) ?? '').split(',').map((name) => name.trim().toLowerCase())
  return {
    kind: 'allowed',
    request: [
      ...changesOf('set', namedOf(headers, http.toUpstream)),
      ...removed.flatMap((name): readonly FieldChange[] => (name === '' ? [] : [{ op: 'remove', name }])),
    ],
    queryChange: undefined,
    response: changesOf('add', namedOf(headers, http.toClientOnAllow)),
  }
}

function namedOf(
  headers: HeaderList,
  isMeant: (name: string) => boolean,
): readonly (readonly [name: string, value: string])[] {
  const found: [string, string][] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (name !== TO_REMOVE && isOpen(name) && isMeant(name)) found.push([name, headers[index + 1] ?? ''])
  }
  return found
}

function changesOf(op: 'set' | 'add', named: readonly (readonly [string, string])[]): readonly FieldChange[] {
  return named.map(([name, value]) => ({ op, name, value }))
}
