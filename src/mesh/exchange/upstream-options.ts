import type { ClusterPolicy } from '../balance/cluster-policy.ts'
import type { ClientTls } from '../config/types/destination-rule.ts'
import { meshServerName, type OutboundName } from '../proxy/cluster-name.ts'
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

/** How endpoints of one cluster are reached: at most one object for each way, however many endpoints and requests. */
export class UpstreamWays {
  readonly #cluster: string
  readonly #name: OutboundName | undefined
  readonly #policy: ClusterPolicy
  readonly #identities: () => readonly string[]
  readonly #made: Record<Transport, Partial<Record<UpstreamProtocol, UpstreamOptions>>> = {
    plaintext: {},
    mtls: {},
    tls: {},
  }

  constructor(
    cluster: string,
    options: {
      readonly name: OutboundName | undefined
      readonly policy: ClusterPolicy
      /** Who may be at the other end of mutual TLS. */
      readonly identities: () => readonly string[]
    },
  ) {
    this.#cluster = cluster
    this.#name = options.name
    this.#policy = options.policy
    this.#identities = options.identities
  }

  of(transport: Transport, protocol: UpstreamProtocol): UpstreamOptions {
    const known = this.#made[transport][protocol]
    if (known !== undefined) return known
    const { limits, connectTimeoutMs, idleTimeoutMs, proxyProtocol, keepalive } = this.#policy
    const made: UpstreamOptions = {
      cluster: this.#cluster,
      transport,
      protocol: protocol === 'http2' ? 'http2' : 'http1',
      connectTimeoutMs,
      idleTimeoutMs,
      requestsPerConnectionMax: limits.requestsPerConnection,
      ...(limits.connections !== Infinity && { connectionsMax: limits.connections }),
      ...(transport !== 'plaintext' && { tls: this.#tls(transport, protocol) }),
      ...(keepalive && protocol === 'http2' && { keepalive }),
      ...(proxyProtocol && { proxyProtocol }),
    }
    this.#made[transport][protocol] = made
    return made
  }

  #tls(transport: Transport, protocol: UpstreamProtocol): UpstreamTls {
    const { tls = {} } = this.#policy
    if (transport === 'mtls') {
      const said = tls.mode === 'ISTIO_MUTUAL' ? tls : {}
      return {
        sni: said.sni || (this.#name === undefined ? '' : meshServerName(this.#name)),
        alpn: MESH_ALPN[protocol],
        subjectAltNames: said.subjectAltNames ?? this.#identities(),
        skipsVerification: said.insecureSkipVerify ?? false,
      }
    }
    return {
      sni: tls.sni ?? '',
      alpn: PLAIN_ALPN[protocol],
      subjectAltNames: tls.subjectAltNames ?? [],
      skipsVerification: tls.insecureSkipVerify ?? false,
      ...(tls.credentialName !== undefined && { credentialName: tls.credentialName }),
      ...filesOf(tls),
    }
  }
}

function filesOf({ mode, clientCertificate, privateKey, caCertificates }: ClientTls): Pick<UpstreamTls, 'files'> {
  const isMutual = mode === 'MUTUAL'
  if (!isMutual && caCertificates === undefined) return {}
  return {
    files: {
      ...(isMutual && clientCertificate !== undefined && { certificate: clientCertificate }),
      ...(isMutual && privateKey !== undefined && { key: privateKey }),
      ...(caCertificates !== undefined && { authorities: caCertificates }),
    },
  }
}
