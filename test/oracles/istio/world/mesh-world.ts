import type { ApiObject } from '../../../../src/api/object.ts'
import type { KeySource } from '../../../../src/mesh/authorize/jwt/authenticate.ts'
import { type GuardOptions, guardOf } from '../../../../src/mesh/authorize/guard.ts'
import { DEFAULT_MESH, type MeshConfig } from '../../../../src/mesh/config/mesh-config.ts'
import { carryOut, type ClientView } from '../../../../src/mesh/exchange/in-process-driver.ts'
import { Mesh } from '../../../../src/mesh/exchange/mesh.ts'
import type {
  AttemptStep,
  CheckedEvent,
  CheckStep,
  Endpoint,
  FailedEvent,
  IncomingConnection,
  MirrorCopy,
  TcpExchange,
  UpstreamOptions,
} from '../../../../src/mesh/exchange/steps.ts'
import type { ServerIdentity } from '../../../../src/mesh/proxy/filter-chain.ts'
import { compile, type Snapshot } from '../../../../src/mesh/snapshot.ts'
import { principalOf, type Workload } from '../../../../src/mesh/registry/workload.ts'
import { SeededRandom } from '../../../../src/world/random.ts'
import { VirtualClock } from '../../../../src/world/virtual-clock.ts'
import { type Echo, echoFrom, type EchoPod, type EchoPort, type Payload } from './echo-servers.ts'
import { clusterObjects, GATEWAY_ADDRESS } from './cluster-objects.ts'

/*
 * A world of echo servers with proxies before them, in one process: what a client sends is carried from proxy to proxy, each
 * with an exchange of its own, as it would be on wires. Encryption is declared instead of done.
 *
 *     client ─▶ its sidecar (outbound) ─▶ network ─▶ the other's sidecar (inbound) ─▶ application
 *     outside ─▶ gateway ─▶ network ─▶ …
 */

export interface WorldOptions {
  readonly pods: readonly EchoPod[]
  readonly ports: readonly EchoPort[]
  readonly objects: readonly ApiObject[]
  readonly mesh?: Partial<MeshConfig>
  /** Absent: keys are in the rules themselves. */
  readonly guard?: Partial<GuardOptions>
  /** What those who decide about requests say. Absent: there are none. */
  readonly decide?: (step: CheckStep) => CheckedEvent
  /** Absent: no. Whether the proxies of both sides decide in one exchange. */
  readonly fuses?: boolean
}

/** An encryption that a proxy put around what it sends. */
type Wrap = Pick<UpstreamOptions, 'transport' | 'tls'>

/** Undefined: the connection was closed, or nobody took it. */
type Outcome = Echo | (NonNullable<ClientView> & { readonly seen?: Echo['seen'] }) | undefined

/** A call that is not over by then hangs. */
const PATIENCE_MS = 600_000
const CLIENT_PORT = 40_000
/** Keys are in the rules themselves. */
const NO_KEYS: KeySource = {
  keysOf() {
    throw new Error('no key server in this world')
  },
}
const PUBLIC_ALPN = ['h2', 'http/1.1']
const PLAIN: Wrap = { transport: 'plaintext' }

export class MeshWorld {
  readonly snapshot: Snapshot
  readonly #mesh: Mesh
  readonly #options: WorldOptions
  readonly #clock = new VirtualClock(Date.UTC(2026, 0, 1))
  readonly #random = new SeededRandom('oracle')

  constructor(options: WorldOptions) {
    this.#options = options
    this.snapshot = compile(clusterObjects(options), { ...DEFAULT_MESH, ...options.mesh })
    const guard = guardOf({ keys: NO_KEYS, ...options.guard })
    this.#mesh = new Mesh({
      snapshot: () => this.snapshot,
      dice: () => this.#random.next(),
      fuses: options.fuses ?? false,
      guardOf: guard,
    })
  }

  /** Runs virtual time until the answer is there. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const settled = work.finally(() => {
      isDone = true
    })
    settled.catch(() => undefined)
    await this.#clock.runUntilTrue(() => isDone, this.#clock.now() + PATIENCE_MS)
    return settled
  }

  pod(service: string): EchoPod | undefined {
    return this.#options.pods.find((pod) => pod.service === service)
  }

  /** What a name means to a workload: virtual addresses come first, then those of pods. */
  resolve(name: string, { namespace }: EchoPod): string {
    if (name === 'localhost') return '127.0.0.1'
    const candidates = [name, `${name}.${namespace}.svc.cluster.local`]
    const service = candidates.map((host) => this.snapshot.services.get(host)?.[0]).find(Boolean)
    if (service?.aliasOf !== undefined) return this.resolve(service.aliasOf, this.#options.pods[0] as EchoPod)
    return service?.addresses[0] ?? service?.endpoints[0]?.address ?? name
  }

  /** `{{clusterIP of a}}` is the address that this world gave. */
  addressMeant(text: string): string {
    const name = /^\{\{clusterIP of (.+)\}\}$/.exec(text)?.[1]
    const pod = name === undefined ? undefined : this.pod(name)
    return pod === undefined ? text : this.resolve(pod.service, pod)
  }

  keepaliveOf(service: string, cluster: string): unknown {
    const pod = this.pod(service)
    const workload = pod === undefined ? undefined : this.#workloadOf(pod)
    const upstream = workload && this.#mesh.proxyOf(workload).cluster(cluster, this.#clock.now())
    return upstream?.ways.of('plaintext', 'http2').keepalive
  }

  /** What a workload's application sends. */
  async fromPod(
    pod: EchoPod,
    to: { readonly address: string; readonly port: number },
    payload: Payload,
  ): Promise<Outcome> {
    // What a pod sends to itself does not pass its proxy.
    if (to.address === '127.0.0.1' || to.address === pod.address) return this.#application(pod, to, payload)
    const workload = this.#workloadOf(pod)
    if (workload?.hasSidecar !== true) return this.#network(to, payload, { wrap: PLAIN, from: pod.address })
    return this.#through(workload, payload, { direction: 'outbound', to, from: pod.address, wrap: PLAIN })
  }

  /** What somebody outside of the cluster sends to the gateway. */
  async fromOutside(address: string, port: number, payload: Payload): Promise<Outcome> {
    return this.#network({ address: GATEWAY_ADDRESS, port }, payload, { wrap: PLAIN, from: address })
  }

  #workloadOf({ address }: EchoPod): Workload | undefined {
    return this.#mesh.workloadAt(address)
  }

  /** Names and virtual addresses stand for endpoints. */
  async #network(
    to: { readonly address: string; readonly port: number },
    payload: Payload,
    by: { readonly wrap: Wrap; readonly from: string; readonly principal?: string },
  ): Promise<Outcome> {
    const real = this.#endpointOf(to)
    if (real === undefined) return undefined
    const workload = this.#mesh.workloadAt(real.address)
    if (workload?.hasSidecar === true)
      return this.#through(workload, payload, { direction: 'inbound', to: real, ...by })
    const pod = this.#options.pods.find(({ address }) => address === real.address)
    return pod === undefined ? undefined : this.#application(pod, real, wrapped(payload, by.wrap))
  }

  #endpointOf({ address, port }: { readonly address: string; readonly port: number }): typeof to | undefined {
    const to = { address, port }
    const services = [...this.snapshot.services.values()].flat().filter(({ fromKubernetes }) => fromKubernetes)
    const named = services.find(({ host, addresses }) => host === address || addresses.includes(address))
    if (named === undefined) return to
    const meant = named.ports.find(({ number }) => number === port)
    const endpoint = named.endpoints[this.#random.below(Math.max(1, named.endpoints.length))]
    if (meant === undefined || endpoint === undefined) return undefined
    return { address: endpoint.address, port: endpoint.ports[meant.name] ?? meant.targetPort }
  }

  #application(
    pod: EchoPod,
    at: { readonly address: string; readonly port: number },
    payload: Payload,
  ): Echo | undefined {
    return echoFrom(pod, at, { ports: this.#options.ports, payload })
  }

  async #through(
    workload: Workload,
    payload: Payload,
    call: {
      readonly direction: IncomingConnection['direction']
      readonly to: { readonly address: string; readonly port: number }
      readonly from: string
      readonly wrap: Wrap
      readonly principal?: string
    },
  ): Promise<Outcome> {
    const proxy = this.#mesh.proxyOf(workload)
    const served = this.#options.ports.find(
      ({ workloadPort, servicePort }) => workloadPort === call.to.port || servicePort === call.to.port,
    )
    const arriving = wrapped(payload, call.wrap)
    const connection = connectionOf(call, arriving)
    const isSilent = served?.serverFirst === true && arriving.tls === undefined
    // A proxy that waits for the client's first bytes, and a client that waits for the server's: nobody speaks.
    if (isSilent && proxy.waitsForBytes(connection)) return undefined
    const ended = arriving.tls && proxy.tlsFor({ ...connection, alpn: arriving.tls.alpn })?.ends
    const inside = ended === undefined ? arriving : { ...arriving.inside }
    const admission = proxy.admit(ended === undefined ? connection : { ...connection, ...negotiated(arriving, ended) })
    switch (admission.kind) {
      case 'refuse':
        return undefined
      case 'tcp':
        return this.#pipe(admission.exchange(), workload, { payload: inside, direction: call.direction })
      case 'http': {
        const http = inside.http ?? oldRequest(inside)
        if (http === undefined) return undefined
        return this.#exchange(admission.exchange(http), workload, { direction: call.direction, payload: inside })
      }
    }
  }

  async #exchange(
    exchange: Parameters<typeof carryOut>[0],
    workload: Workload,
    via: { readonly direction: IncomingConnection['direction']; readonly payload: Payload },
  ): Promise<Outcome> {
    let seen: Echo['seen'] | undefined
    const send = async (step: AttemptStep | MirrorCopy) => {
      const { endpoint, head, upstream } = step
      const version = upstream.protocol === 'http2' ? ('HTTP/2' as const) : ('HTTP/1.1' as const)
      const isLast = isApplication(workload, via.direction, upstream)
      const payload: Payload = {
        http: { ...head, version },
        ...(upstream.proxyProtocol && !isLast && { proxyProtocol: upstream.proxyProtocol === 'V2' ? 2 : 1 }),
        ...(isLast && via.payload.proxyProtocol !== undefined && { proxyProtocol: via.payload.proxyProtocol }),
      }
      const outcome = await this.#onward(workload, { endpoint, payload, wrap: upstream, isLast })
      if (outcome === undefined) return { kind: 'failed' as const, how: 'connect' as const, beforeRequest: true }
      if (outcome.seen !== undefined && 'kind' in step) seen = outcome.seen
      return { kind: 'answered' as const, status: outcome.status, headers: outcome.headers, body: outcome.body }
    }
    const answer = await carryOut(exchange, { clock: this.#clock, send, ask: (step) => this.#decided(step) })
    return answer === undefined ? undefined : { ...answer, ...(seen && { seen }) }
  }

  async #pipe(
    exchange: TcpExchange,
    workload: Workload,
    via: { readonly payload: Payload; readonly direction: IncomingConnection['direction'] },
  ): Promise<Outcome> {
    const now = this.#clock.now()
    let step = exchange.start(now)
    while (step.kind === 'check') step = exchange.on(await this.#decided(step), now)
    let outcome: Outcome
    if (step.kind === 'connect') {
      const { endpoint, upstream } = step
      const announced = upstream.proxyProtocol && { proxyProtocol: upstream.proxyProtocol === 'V2' ? 2 : 1 }
      const payload = { ...via.payload, ...announced }
      const isLast = isApplication(workload, via.direction, upstream)
      outcome = await this.#onward(workload, { endpoint, payload, wrap: upstream, isLast })
      exchange.on(outcome === undefined ? { kind: 'failed', how: 'connect' } : { kind: 'connected' }, now)
    }
    exchange.ended({ how: 'complete', receivedBytes: 0, sentBytes: 0 }, now)
    return outcome
  }

  #decided(step: CheckStep): Promise<CheckedEvent | FailedEvent> {
    const nobody: FailedEvent = { kind: 'failed', how: 'connect', beforeRequest: true }
    return Promise.resolve(this.#options.decide?.(step) ?? nobody)
  }

  #onward(
    workload: Workload,
    to: {
      readonly endpoint: Endpoint
      readonly payload: Payload
      readonly wrap: Wrap
      readonly isLast: boolean
    },
  ): Promise<Outcome> {
    const { endpoint, payload, wrap, isLast } = to
    const [from = ''] = workload.addresses
    const [own = from] = endpoint.workload?.addresses ?? []
    const pod = this.#options.pods.find(({ address }) => address === own)
    if (isLast && pod !== undefined) return Promise.resolve(this.#application(pod, endpoint, payload))
    return this.#network(endpoint, payload, { wrap, from, principal: principalOf(workload) })
  }
}

/** Behind the proxy of the called side, or behind what decided for it, there is only the application. */
function isApplication(
  { type }: Workload,
  direction: IncomingConnection['direction'],
  { cluster }: UpstreamOptions,
): boolean {
  return (direction === 'inbound' && type === 'sidecar') || cluster.startsWith('inbound|')
}

/** TLS that a proxy makes is TLS to whoever gets it. */
function wrapped(payload: Payload, { transport, tls }: Wrap): Payload {
  if (transport === 'plaintext') return payload
  const sni = tls?.sni || (payload.http?.authority.replace(/:\d+$/, '') ?? '')
  return { tls: { sni, alpn: tls?.alpn ?? [], isMutual: transport === 'mtls' }, inside: payload }
}

/** What both sides agree on once TLS is made: the server of a gateway knows HTTP's own protocols only. */
function negotiated({ tls }: Payload, { server }: ServerIdentity): Partial<IncomingConnection> {
  const alpn = server === undefined ? tls?.alpn[0] : tls?.alpn.find((offered) => PUBLIC_ALPN.includes(offered))
  return { ...(alpn !== undefined && { alpn }) }
}

function connectionOf(
  call: {
    readonly direction: IncomingConnection['direction']
    readonly to: { readonly address: string; readonly port: number }
    readonly from: string
    readonly wrap: Wrap
    readonly principal?: string
  },
  payload: Payload,
): IncomingConnection {
  const { direction, to, from, wrap, principal } = call
  const { tls } = payload
  const isMutual = wrap.transport === 'mtls'
  const plain = looksLike(payload)
  const alpn = tls === undefined ? plain : tls.alpn[0]
  return {
    direction,
    destination: to,
    source: { address: from, port: CLIENT_PORT },
    tls: tls === undefined ? 'plaintext' : isMutual || tls.isMutual === true ? 'mtls' : 'tls',
    ...(tls !== undefined && tls.sni !== '' && { sni: tls.sni }),
    ...(alpn !== undefined && { alpn }),
    ...(isMutual && principal !== undefined && { peerPrincipal: principal }),
  }
}

function oldRequest({ message }: Payload): Payload['http'] {
  if (message?.startsWith('GET / HTTP/1.0') !== true) return undefined
  return { method: 'GET', scheme: 'http', authority: '', target: '/', headers: [], version: 'HTTP/1.0' }
}

function looksLike({ http, message }: Payload): string | undefined {
  if (message?.startsWith('GET / HTTP/1.0') === true) return 'http/1.0'
  if (http === undefined) return undefined
  return http.version === 'HTTP/2' ? 'h2c' : http.version.toLowerCase()
}
