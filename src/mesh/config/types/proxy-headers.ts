import { type ForwardClientCertificate, forwardModeIn } from './gateway-topology.ts'

/** `proxyHeaders` of a proxy's configuration, in what is carried out of it: istio/api mesh/v1alpha1/proxy.proto. */
export interface ProxyHeaders {
  readonly server?: { readonly disabled?: boolean | null; readonly value?: string | null } | null
  readonly attemptCount?: Switch | null
  readonly requestId?: Switch | null
  readonly envoyDebugHeaders?: Switch | null
  /** Of sidecars about who calls them; gateways have their topology. */
  readonly forwardedClientCert?: string | null
}

interface Switch {
  readonly disabled?: boolean | null
}

/** Of the pod, and for what that leaves open of the mesh. */
export interface ProxyHeadersSources {
  readonly own: ProxyHeaders | undefined
  readonly mesh: ProxyHeaders | undefined
}

/** What a proxy calls itself in answers; undefined: it leaves what is there. Rules: istio/istio pilot/pkg/networking/util/proxy_headers.go. */
export function serverNameIn({ own, mesh }: ProxyHeadersSources, otherwise: string): string | undefined {
  const server = own?.server ?? mesh?.server
  if (server === undefined || server === null) return otherwise
  return server.disabled === true ? undefined : server.value || otherwise
}

/** Whether who is called learns how often it was tried. */
export function tellsAttempts({ own, mesh }: ProxyHeadersSources): boolean {
  return (own?.attemptCount ?? mesh?.attemptCount)?.disabled !== true
}

/** Whether requests that have no `x-request-id` are given one; where not, one that is there is left. */
export function makesRequestIds({ own, mesh }: ProxyHeadersSources): boolean {
  return (own?.requestId ?? mesh?.requestId)?.disabled !== true
}

/** Whether a proxy says nothing of what it does: how long it took, what it changed, that it has too much to do. */
export function isTerse({ own, mesh }: ProxyHeadersSources): boolean {
  return (own?.envoyDebugHeaders ?? mesh?.envoyDebugHeaders)?.disabled === true
}

/** What a sidecar tells its application of certificates. */
export function callerCertificates({ own, mesh }: ProxyHeadersSources): ForwardClientCertificate {
  return forwardModeIn(own?.forwardedClientCert) ?? forwardModeIn(mesh?.forwardedClientCert) ?? 'APPEND_FORWARD'
}
