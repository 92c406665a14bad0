import type { MeshConfig, TlsDefaults } from '../../config/mesh-config.ts'
import type { ServerTls, TlsProtocol } from '../../config/types/gateway.ts'
import type { TlsFiles, TlsLimits, TlsPlan } from '../../exchange/steps.ts'
import type { ServerIdentity } from '../../proxy/filter-chain.ts'

/** What Envoy offers where HTTP may follow (istio/istio pilot/pkg/networking/util/util.go: ALPNHttp). */
const ALPN = ['h2', 'http/1.1']
/** istio/istio pkg/config/security/security.go: what BoringSSL has of them; others are dropped. */
const CIPHER_SUITES: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
])

/** By the order in which they are taken: those of the mesh first, so that a listener knows its own. */
const MESH_ALPN = ['istio-h2', 'istio-http/1.1', 'istio-http/1.0', 'istio-peer-exchange', 'istio', ...ALPN]

/**
 * istio/istio pilot/pkg/security/authn/utils/utils.go: what sidecars take of each other in TLS 1.2, unless the mesh says
 * otherwise.
 */
const MESH_CIPHER_SUITES = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
]

/** What the mesh says of TLS. */
export type MeshTlsConfig = Pick<MeshConfig, 'meshMTLS' | 'tlsDefaults'>

/** What a listener's filter chain does with TLS that a client has started; `undefined`: there is none for it. */
export function tlsPlanOf(
  chain: { readonly ends: ServerIdentity | undefined } | undefined,
  { meshMTLS = {}, tlsDefaults = {} }: MeshTlsConfig = {},
): TlsPlan {
  if (chain === undefined) return { kind: 'refuse' }
  const { ends } = chain
  if (ends === undefined) return { kind: 'passthrough' }
  if (ends.server !== undefined) return gatewayTlsPlan(ends.server, tlsDefaults)
  const { certificate, requiresClientCertificate, asksForClientCertificate = false } = ends
  const clientCertificate = requiresClientCertificate ? 'required' : asksForClientCertificate ? 'optional' : 'none'
  const minVersion = versionOf(meshMTLS.minProtocolVersion)
  const limits: TlsLimits = {
    ...(minVersion && { minVersion }),
    cipherSuites: meshMTLS.cipherSuites?.length ? meshMTLS.cipherSuites : MESH_CIPHER_SUITES,
  }
  return { kind: 'terminate', certificate, clientCertificate, alpn: MESH_ALPN, limits }
}

/** What a gateway's server does with TLS (istio/istio pilot/pkg/networking/core/listener.go: BuildListenerTLSContext). */
export function gatewayTlsPlan(tls: ServerTls, defaults: TlsDefaults = {}): TlsPlan {
  const { mode = 'PASSTHROUGH' } = tls
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') return { kind: 'passthrough' }
  if (mode === 'ISTIO_MUTUAL') {
    const limits: TlsLimits = { ...whoOf(tls), ...(tls.caCrl && { files: { revocations: tls.caCrl } }) }
    return { kind: 'terminate', certificate: 'default', clientCertificate: 'required', alpn: ALPN, limits }
  }
  const [certificate = '', ...otherCertificates] = tls.credentialNames ?? [tls.credentialName ?? '']
  const clientCertificate = mode === 'MUTUAL' ? 'required' : mode === 'OPTIONAL_MUTUAL' ? 'optional' : 'none'
  const limits: TlsLimits = {
    ...howOf(tls, defaults),
    ...whoOf(tls),
    ...(certificate === '' ? { files: filesOf(tls) } : hashesOf(tls)),
    ...(otherCertificates.length > 0 && { otherCertificates }),
  }
  return { kind: 'terminate', certificate, clientCertificate, alpn: ALPN, limits }
}

/** What is agreed on: the server's word counts before the mesh's. */
function howOf(tls: ServerTls, defaults: TlsDefaults): TlsLimits {
  const minVersion = versionOf(tls.minProtocolVersion) ?? versionOf(defaults.minProtocolVersion)
  const maxVersion = versionOf(tls.maxProtocolVersion)
  const known = (tls.cipherSuites ?? []).filter((name) => CIPHER_SUITES.has(name))
  const cipherSuites = known.length > 0 ? known : (defaults.cipherSuites ?? [])
  const curves = tls.ecdhCurves?.length ? tls.ecdhCurves : (defaults.ecdhCurves ?? [])
  return {
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
    ...(cipherSuites.length > 0 && { cipherSuites }),
    ...(curves.length > 0 && { curves }),
  }
}

/** Which clients are let in. */
function whoOf({ subjectAltNames, caCertCredentialName, insecureSkipVerify }: ServerTls): TlsLimits {
  return {
    ...(subjectAltNames && { subjectAltNames }),
    ...(caCertCredentialName && { authorities: caCertCredentialName }),
    ...(insecureSkipVerify === true && { acceptsUntrusted: true }),
  }
}

function hashesOf({ verifyCertificateHash = [], verifyCertificateSpki = [] }: ServerTls): TlsLimits {
  return {
    ...(verifyCertificateHash.length > 0 && {
      certificateHashes: verifyCertificateHash.map((hash) => hash.replaceAll(':', '').toLowerCase()),
    }),
    ...(verifyCertificateSpki.length > 0 && { keyHashes: verifyCertificateSpki }),
  }
}

function filesOf({ serverCertificate, privateKey, caCertificates, caCrl }: ServerTls): TlsFiles {
  return {
    ...(serverCertificate && { certificate: serverCertificate }),
    ...(privateKey && { key: privateKey }),
    ...(caCertificates && { authorities: caCertificates }),
    ...(caCrl && { revocations: caCrl }),
  }
}

/** Older versions than 1.2 are broken, and the system's TLS does not offer them. */
function versionOf(protocol: TlsProtocol | undefined): 'TLSv1.2' | 'TLSv1.3' | undefined {
  if (protocol === undefined || protocol === 'TLS_AUTO') return undefined
  return protocol === 'TLSV1_3' ? 'TLSv1.3' : 'TLSv1.2'
}
