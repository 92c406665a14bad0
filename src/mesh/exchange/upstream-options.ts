import type { ClusterPolicy } from '../balance/cluster-policy.ts'
import type { ConnectionLimit } from '../balance/connection-limit.ts'
import type { PendingLimit } from '../balance/pending-limit.ts'
import type { TlsDefaults } from '../config/mesh-config.ts'
import type { ClientTls } from '../config/types/destination-rule.ts'
import { meshServerName, type OutboundName } from '../proxy/cluster-name.ts'
import { hostOf } from '../proxy/virtual-host.ts'
import type { UpstreamOptions, UpstreamTls } from './steps.ts'

export type Transport = UpstreamOptions['transport']
/** `tcp`: bytes that are no HTTP, for which only TLS makes a difference. */
export type UpstreamProtocol = UpstreamOptions['protocol'] | 'tcp'

/** istio/istio pilot/pkg/networking/util/util.go, and what the ALPN filter of istio/proxy makes of it. */
const MESH_ALPN: Readonly<Record<UpstreamProtocol, readonly string[]>> = {
  http1: ['istio-http/1.1', 'istio', 'http/1.1'],
  http2: ['istio-h2', 'istio', 'h2'],
  tcp: ['istio-peer-exchange', 'istio'],
}
const PLAIN_ALPN: Readonly<Record<UpstreamProtocol, readonly string[]>> = {
  http1: ['http/1.1'],
  http2: ['h2'],
  tcp: [],
}
/** Clients choose authorities: beyond so many, all are forgotten. */
const AUTHORITIES_MAX = 1_000

export interface UpstreamWaysOptions {
  readonly name: OutboundName | undefined
  readonly policy: ClusterPolicy
  /** What requests and connections of the cluster are counted by. */
  readonly limits: { readonly connections: ConnectionLimit; readonly pending: PendingLimit }
  /** Who may be at the other end of mutual TLS. */
  readonly identities: () => readonly string[]
  /** Who a ServiceEntry says may be at the other end of TLS. */
  readonly ownNames?: readonly string[] | undefined
  readonly tlsDefaults?: TlsDefaults | undefined
}

/** How endpoints of one cluster are reached: at most one object for each way, however many endpoints and requests. */
export class UpstreamWays {
  readonly #cluster: string
  readonly #options: UpstreamWaysOptions
  /** Whether a server is asked for by the name that the client has for it. */
  readonly #isNamedByClient: boolean
  readonly #made: Record<Transport, Partial<Record<UpstreamProtocol, UpstreamOptions>>> = {
    plaintext: {},
    mtls: {},
    tls: {},
  }
  readonly #byAuthority = new Map<string, UpstreamOptions>()

  constructor(cluster: string, options: UpstreamWaysOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#isNamedByClient = (options.policy.tls?.sni ?? '') === ''
  }

  /** `authority`: of the request, where there is one. */
  of(transport: Transport, protocol: UpstreamProtocol, authority = ''): UpstreamOptions {
    if (transport === 'tls' && this.#isNamedByClient && authority !== '') return this.#named(protocol, authority)
    const known = this.#made[transport][protocol]
    if (known !== undefined) return known
    const made = this.#make(transport, protocol, '')
    this.#made[transport][protocol] = made
    return made
  }

  #named(protocol: UpstreamProtocol, authority: string): UpstreamOptions {
    const host = hostOf(authority).toLowerCase()
    const key = `${protocol} ${host}`
    const known = this.#byAuthority.get(key)
    if (known !== undefined) return known
    const made = this.#make('tls', protocol, host)
    if (this.#byAuthority.size >= AUTHORITIES_MAX) this.#byAuthority.clear()
    this.#byAuthority.set(key, made)
    return made
  }

  #make(transport: Transport, protocol: UpstreamProtocol, host: string): UpstreamOptions {
    const { policy, limits: counted } = this.#options
    const { limits, connectTimeoutMs, idleTimeoutMs, proxyProtocol, keepalive } = policy
    return {
      cluster: this.#cluster,
      transport,
      protocol: protocol === 'http2' ? 'http2' : 'http1',
      connectTimeoutMs,
      idleTimeoutMs,
      requestsPerConnectionMax: limits.requestsPerConnection,
      connections: counted.connections,
      pending: counted.pending,
      ...(transport !== 'plaintext' && { tls: this.#tls(transport, protocol, host) }),
      ...(limits.streams !== Infinity && protocol === 'http2' && { streamsMax: limits.streams }),
      ...(keepalive && protocol === 'http2' && { keepalive }),
      ...(proxyProtocol && { proxyProtocol }),
    }
  }

  #tls(transport: Transport, protocol: UpstreamProtocol, host: string): UpstreamTls {
    const { name, policy, identities, ownNames = [], tlsDefaults = {} } = this.#options
    const { tls = {} } = policy
    if (transport === 'mtls') {
      const said = tls.mode === 'ISTIO_MUTUAL' ? tls : {}
      return {
        sni: said.sni || (name === undefined ? '' : meshServerName(name)),
        alpn: MESH_ALPN[protocol],
        subjectAltNames: said.subjectAltNames ?? identities(),
        skipsVerification: said.insecureSkipVerify ?? false,
      }
    }
    const { cipherSuites = [], ecdhCurves = [] } = tlsDefaults
    const asked = host === '' ? ownNames : [host]
    return {
      sni: tls.sni || host,
      alpn: PLAIN_ALPN[protocol],
      // Who is asked for by the client's name for it must have that name, unless others are said.
      subjectAltNames: tls.subjectAltNames?.length ? tls.subjectAltNames : asked,
      skipsVerification: tls.insecureSkipVerify ?? false,
      showsCertificate: tls.mode === 'MUTUAL',
      ...(tls.credentialName && { credentialName: tls.credentialName }),
      ...filesOf(tls),
      ...(cipherSuites.length > 0 && { cipherSuites }),
      ...(ecdhCurves.length > 0 && { curves: ecdhCurves }),
    }
  }
}

function filesOf(tls: ClientTls): Pick<UpstreamTls, 'files'> {
  const { mode, clientCertificate, privateKey, caCertificates, caCrl } = tls
  const files = {
    ...(mode === 'MUTUAL' && clientCertificate && { certificate: clientCertificate }),
    ...(mode === 'MUTUAL' && privateKey && { key: privateKey }),
    ...(caCertificates && { authorities: caCertificates }),
    ...(caCrl && { revocations: caCrl }),
  }
  return Object.keys(files).length === 0 ? {} : { files }
}
