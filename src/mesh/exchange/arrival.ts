import { makesRequestIds } from '../config/types/proxy-headers.ts'
import { clientAddress } from './client-address.ts'
import { forwardedCertificates } from './client-certificate.ts'
import type { ExchangeProxy } from './exchange-proxy.ts'
import { type ReceivedHead, receivedHead } from './received-head.ts'
import { requestIdFrom } from './request-id.ts'
import { RoutedRequest } from './routed-request.ts'
import type { IncomingConnection, IncomingRequest } from './steps.ts'
import { headersOf } from './server-name.ts'
import { trace } from './traced.ts'

/** A request as it is once the proxy has taken it in. */
export interface Arrival {
  readonly head: ReceivedHead
  readonly requestId: string
  /** Undefined where its path is none. */
  readonly routed: RoutedRequest | undefined
}

/** A gateway stands at the edge: it finds out who the client is, and believes nobody else about it than it was told to. */
export function arrivalOf(proxy: ExchangeProxy, connection: IncomingConnection, request: IncomingRequest): Arrival {
  const { mesh, workload } = proxy
  const { snapshot } = mesh
  const head = receivedHead(request.headers)
  const { topology: own } = workload
  const { topology: common } = snapshot.mesh
  const trustedProxies = own?.trustedProxies ?? common?.trustedProxies ?? 0
  const isEdge = workload.type === 'gateway'
  const client = isEdge ? clientAddress(connection, head, trustedProxies) : undefined
  const told = isEdge && trustedProxies === 0 ? undefined : head.forwardedProto
  const scheme = told ?? (connection.tls === 'plaintext' ? request.scheme : 'https')
  const { headers } = head
  const isBelieved = client?.isExternal !== true && head.requestId !== undefined
  const isMade = !isBelieved && makesRequestIds(headersOf(proxy))
  const plainId = isMade ? requestIdFrom(mesh.dice) : (head.requestId ?? '')
  const tracedId = trace(proxy, 'client', { headers, requestId: plainId })
  const requestId = tracedId ?? plainId
  headers.push('x-forwarded-proto', scheme)
  if (requestId !== '') headers.push('x-request-id', requestId)
  const forwardedFor = client?.forwardedFor ?? head.forwardedFor
  if (forwardedFor !== undefined) headers.push('x-forwarded-for', forwardedFor)
  if (client !== undefined) {
    headers.push(
      client.isExternal ? 'x-envoy-external-address' : 'x-envoy-internal',
      client.isExternal ? client.address : 'true',
    )
  }
  if (isEdge) {
    // What a client says of itself was dropped before (istio/istio pilot/pkg/networking/core/gateway.go).
    const shown = connection.tls === 'mtls' ? connection.peerCertificate : undefined
    const mode = own?.forwardClientCertificate ?? common?.forwardClientCertificate ?? 'SANITIZE_SET'
    const forwarded = forwardedCertificates(mode, { received: head.certificates, shown })
    if (forwarded !== undefined) headers.push('x-forwarded-client-cert', forwarded)
  }
  const target = mesh.normalize(request.target, snapshot)
  if (target === undefined) return { head, requestId, routed: undefined }
  const routed = new RoutedRequest(request, { scheme, target, headers })
  routed.clientAddress = client?.address
  routed.isTraced = tracedId !== undefined
  return { head, requestId, routed }
}
