import type { HeaderList } from '../../../../src/mesh/route/header-list.ts'

/** A port on which every workload of a world answers with what it received. */
export interface EchoPort {
  readonly name: string
  readonly protocol?: string
  readonly servicePort: number
  readonly workloadPort: number
  readonly serverTLS?: boolean
  readonly serverFirst?: boolean
  readonly listensOnPodIP?: boolean
  readonly listensOnLocalhost?: boolean
  readonly acceptsProxyProtocol?: boolean
}

/** A workload of a world. */
export interface EchoPod {
  readonly service: string
  readonly namespace: string
  readonly address: string
  readonly hasSidecar: boolean
  readonly isHeadless: boolean
  readonly labels: Readonly<Record<string, string>>
  /** Of services before it; absent: one that the world gives. */
  readonly virtualAddresses?: readonly string[]
}

/** What a server was sent: bytes, after all that proxies ended has been ended. */
export interface Payload {
  /** TLS that wraps them, and nothing else beside it but what is inside. */
  readonly tls?: { readonly sni: string; readonly alpn: readonly string[]; readonly isMutual?: boolean }
  readonly inside?: Payload
  readonly http?: HttpPayload
  /** Bytes that are no HTTP. */
  readonly message?: string
  readonly proxyProtocol?: number
}

export interface HttpPayload {
  readonly method: string
  readonly scheme: string
  readonly authority: string
  readonly target: string
  readonly headers: HeaderList
  readonly version: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
}

/** What a backend saw, and says. */
export interface Echo {
  readonly kind: 'answered'
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
  readonly seen: {
    readonly pod: EchoPod
    readonly payload: Payload
    readonly isTls: boolean
    readonly alpn: string | undefined
  }
}

const WORKLOAD_ONLY_HTTP = 8080

/** Undefined: nobody listens there, or what came is not what the port speaks. */
export function echoFrom(
  pod: EchoPod,
  at: { readonly address: string; readonly port: number },
  options: { readonly ports: readonly EchoPort[]; readonly payload: Payload },
): Echo | undefined {
  const { ports, payload } = options
  const served = ports.find(({ workloadPort }) => workloadPort === at.port)
  if (served === undefined && at.port !== WORKLOAD_ONLY_HTTP) return undefined
  const isLocal = at.address === '127.0.0.1' || at.address === '::1'
  if (served?.listensOnLocalhost === true && !isLocal) return undefined
  if (served?.listensOnPodIP === true && isLocal) return undefined
  if ((payload.tls !== undefined) !== (served?.serverTLS === true)) return undefined
  const inside = payload.inside ?? payload
  if (inside.tls !== undefined) return undefined
  // A server that asks for no client certificate ends TLS of both kinds; it knows no ALPN of the mesh.
  const known = ['h2', 'http/1.1']
  const alpn = payload.tls?.alpn.find((offered) => known.includes(offered))
  if (inside.proxyProtocol !== undefined && served?.acceptsProxyProtocol !== true) return undefined
  const version = inside.message?.startsWith('GET / HTTP/1.0') === true ? 'HTTP/1.0' : 'HTTP/1.1'
  const body = inside.message === undefined ? '' : `${version} 200 OK\nStatusCode=200\n${inside.message}`
  return {
    kind: 'answered',
    status: 200,
    headers: ['content-type', 'text/plain'],
    body,
    seen: { pod, payload: inside, isTls: payload.tls !== undefined, alpn },
  }
}
