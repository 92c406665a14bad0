import { isObject } from '../../../api/patch/json-value.ts'

/** What stands before a gateway, and so whom it believes: istio/api mesh/v1alpha1/proxy.proto, Topology. */
export interface GatewayTopology {
  /** How many proxies before it are to be believed. */
  readonly trustedProxies?: number
  /** Absent: SANITIZE_SET. What it says of clients' certificates to those behind it. */
  readonly forwardClientCertificate?: ForwardClientCertificate
  /** Whether those before it begin connections by saying who the client is. */
  readonly readsProxyHeader?: boolean
}

export type ForwardClientCertificate = (typeof MODES)[number]

const MODES = ['SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'] as const

/** Undefined where it is none of them, as `UNDEFINED` is. */
export function forwardModeIn(value: unknown): ForwardClientCertificate | undefined {
  return MODES.find((candidate) => candidate === value)
}

/** Out of a proxy's configuration. What is none of the known values says nothing. */
export function readTopology(proxyConfig: unknown): GatewayTopology {
  const topology = isObject(proxyConfig) ? proxyConfig['gatewayTopology'] : undefined
  if (!isObject(topology)) return {}
  const { numTrustedProxies, forwardClientCertDetails, proxyProtocol } = topology
  const mode = forwardModeIn(forwardClientCertDetails)
  return {
    ...(typeof numTrustedProxies === 'number' && { trustedProxies: numTrustedProxies }),
    ...(mode && { forwardClientCertificate: mode }),
    ...(isObject(proxyProtocol) && { readsProxyHeader: true }),
  }
}
