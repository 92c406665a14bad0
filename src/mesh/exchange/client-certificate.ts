import type { ForwardClientCertificate } from '../config/types/gateway-topology.ts'
import { hasHeader, type HeaderList } from '../route/header-list.ts'

const NAME = 'x-forwarded-client-cert'

/** What is known of a client's certificate when a request comes in. */
export interface ClientCertificates {
  /** What the request says of those before, as one text. */
  readonly received: string | undefined
  /** Of the connection, where the client has shown one. */
  readonly shown: string | undefined
}

/** What a proxy tells of certificates: envoyproxy/envoy source/common/http/conn_manager_utility.cc, mutateXfccRequestHeader. */
export function forwardedCertificates(
  mode: ForwardClientCertificate,
  { received, shown }: ClientCertificates,
): string | undefined {
  if (mode === 'ALWAYS_FORWARD_ONLY') return received
  // Who has not shown who it is has nothing to say of others.
  if (shown === undefined || mode === 'SANITIZE') return undefined
  if (mode === 'FORWARD_ONLY') return received
  return mode === 'APPEND_FORWARD' && received !== undefined ? `${received},${shown}` : shown
}

/** The headers as a sidecar passes them on to its application, with what it tells it of certificates. */
export function withCertificate(
  list: HeaderList,
  mode: ForwardClientCertificate,
  shown: string | undefined,
): HeaderList {
  if (!hasHeader(list, NAME)) {
    const told = shown === undefined ? undefined : forwardedCertificates(mode, { received: undefined, shown })
    return told === undefined ? list : [...list, NAME, told]
  }
  const headers: string[] = []
  let received: string | undefined
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? ''
    const value = list[index + 1] ?? ''
    if (name !== NAME) headers.push(name, value)
    else received = received === undefined ? value : `${received},${value}`
  }
  const forwarded = forwardedCertificates(mode, { received, shown })
  if (forwarded !== undefined) headers.push(NAME, forwarded)
  return headers
}
