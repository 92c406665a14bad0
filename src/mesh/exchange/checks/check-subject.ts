import type { HeaderList } from '../../route/header-list.ts'
import type { IncomingRequest } from '../steps.ts'

/** What an authorizer is asked about. */
export interface CheckSubject {
  readonly source: CheckPeer
  readonly destination: CheckPeer
  /** The name that was asked for in TLS. */
  readonly serverName: string
  /** Undefined for bytes that are no HTTP. */
  readonly request: CheckedRequest | undefined
}

export interface CheckPeer {
  readonly address: string
  readonly port: number
  /** With `spiffe://`; empty where no certificate tells it. */
  readonly principal: string
}

export interface CheckedRequest {
  readonly id: string
  readonly receivedMs: number
  readonly method: string
  readonly scheme: string
  readonly authority: string
  readonly target: string
  readonly headers: HeaderList
  readonly version: IncomingRequest['version']
  /** Undefined where nobody asked for it, or there is none. */
  readonly body: CheckedBody | undefined
}

export interface CheckedBody {
  readonly bytes: Buffer
  /** How much of it had come: more than what is passed on. */
  readonly totalBytes: number
}

/** Tells an authorizer whether it sees all of a body; who sends it himself is not believed. */
export const PARTIAL_BODY = 'x-envoy-auth-partial-body'

/**
 * Headers as an authorizer sees them, with those that HTTP/2 has besides. Values of one name are joined by commas.
 * Rules: envoyproxy/envoy source/extensions/filters/common/ext_authz/check_request_utils.cc.
 */
export function checkedHeaders(request: CheckedRequest): ReadonlyMap<string, string> {
  const { authority, target, method, scheme, headers, body } = request
  const checked = new Map([
    [':authority', authority],
    [':path', target],
    [':method', method],
    [':scheme', scheme],
  ])
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (name === PARTIAL_BODY) continue
    const known = checked.get(name)
    checked.set(name, known === undefined ? value : `${known},${value}`)
  }
  if (body !== undefined) checked.set(PARTIAL_BODY, String(body.totalBytes > body.bytes.length))
  return checked
}
