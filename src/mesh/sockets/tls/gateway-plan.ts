import type { ServerTls, TlsProtocol } from '../../config/types/gateway.ts'
import type { TlsLimits, TlsPlan } from '../../exchange/steps.ts'
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

/** What a listener's filter chain does with TLS that a client has started; `undefined`: there is none for it. */
export function tlsPlanOf(chain: { readonly ends: ServerIdentity | undefined } | undefined): TlsPlan {
  if (chain === undefined) return { kind: 'refuse' }
  const { ends } = chain
  if (ends === undefined) return { kind: 'passthrough' }
  if (ends.server !== undefined) return gatewayTlsPlan(ends.server)
  const { certificate, requiresClientCertificate, asksForClientCertificate = false } = ends
  const clientCertificate = requiresClientCertificate ? 'required' : asksForClientCertificate ? 'optional' : 'none'
  return { kind: 'terminate', certificate, clientCertificate, alpn: MESH_ALPN }
}

/** What a gateway's server does with TLS (istio/istio pilot/pkg/networking/core/listener.go: BuildListenerTLSContext). */
export function gatewayTlsPlan(tls: ServerTls): TlsPlan {
  const { mode = 'PASSTHROUGH' } = tls
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') return { kind: 'passthrough' }
  if (mode === 'ISTIO_MUTUAL') {
    const limits: TlsLimits = { ...(tls.subjectAltNames && { subjectAltNames: tls.subjectAltNames }) }
    return { kind: 'terminate', certificate: 'default', clientCertificate: 'required', alpn: ALPN, limits }
  }
  const certificate = tls.credentialNames?.[0] ?? tls.credentialName ?? ''
  const clientCertificate = mode === 'MUTUAL' ? 'required' : mode === 'OPTIONAL_MUTUAL' ? 'optional' : 'none'
  return { kind: 'terminate', certificate, clientCertificate, alpn: ALPN, limits: limitsOf(tls, certificate === '') }
}

function limitsOf(tls: ServerTls, isOfFiles: boolean): TlsLimits {
  const { minProtocolVersion, maxProtocolVersion, subjectAltNames, caCertCredentialName } = tls
  const minVersion = versionOf(minProtocolVersion)
  const maxVersion = versionOf(maxProtocolVersion)
  const cipherSuites = (tls.cipherSuites ?? []).filter((name) => CIPHER_SUITES.has(name))
  return {
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
    ...(cipherSuites.length > 0 && { cipherSuites }),
    ...(subjectAltNames && { subjectAltNames }),
    ...(caCertCredentialName && { authorities: caCertCredentialName }),
    ...(isOfFiles && {
      files: {
        ...(tls.serverCertificate && { certificate: tls.serverCertificate }),
        ...(tls.privateKey && { key: tls.privateKey }),
        ...(tls.caCertificates && { authorities: tls.caCertificates }),
      },
    }),
  }
}

/** Older versions than 1.2 are broken, and the system's TLS does not offer them. */
function versionOf(protocol: TlsProtocol | undefined): 'TLSv1.2' | 'TLSv1.3' | undefined {
  if (protocol === undefined || protocol === 'TLS_AUTO') return undefined
  return protocol === 'TLSV1_3' ? 'TLSv1.3' : 'TLSv1.2'
}
