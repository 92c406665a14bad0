import type { Clock } from '../../world/clock.ts'
import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import type { WireEnd } from '../exchange/exchange-proxy.ts'
import { dnsSettingsIn } from '../config/proxy-metadata.ts'
import type { Mesh } from '../exchange/mesh.ts'
import type { HttpExchange, IncomingConnection, IncomingRequest, TcpExchange, TcpStep } from '../exchange/steps.ts'
import { turnInTime } from '../exchange/in-time.ts'
import { capturedName } from '../proxy/captured-names.ts'
import { isInbound } from '../proxy/cluster-name.ts'
import { openServers } from '../proxy/gateway-servers.ts'
import type { Workload } from '../registry/workload.ts'
import { headerListOf } from '../route/header-list.ts'
import { CheckCall, type CheckOutcome } from '../sockets/check-call.ts'
import { ExchangeRunner } from '../sockets/exchange-runner.ts'
import { type InProcessServers, inProcessUpstreams } from '../sockets/in-process-upstreams.ts'
import type { Upstreams } from '../sockets/streams.ts'
import { TimerWheel } from '../sockets/timer-wheel.ts'
import type { MeshFamily } from '../telemetry/exposed-family.ts'
import { ConnectionClosed, InProcessClient } from './in-process-client.ts'
import { PipedExchange } from './piped-exchange.ts'
import type { ProxiedAddresses } from './proxied-addresses.ts'
import { isControlPlanePage, isPagePort, metricsPage, proxyPage } from './proxy-pages.ts'

interface Address {
  readonly ip: string
  readonly port: number
}

interface Origin {
  readonly podIp?: string
}

export interface MeshTrafficOptions {
  readonly mesh: Mesh
  /** What the proxy of a workload tells when it is scraped. */
  metricsOf(proxy: Workload): Iterable<MeshFamily>
  controlPlaneMetrics(): Iterable<MeshFamily>
  readonly proxied: Pick<ProxiedAddresses, 'isControlPlane' | 'typeAt'>
  readonly clock: Clock
  /** Of timeouts; one of its own unless one is given. */
  readonly wheel?: TimerWheel
  readonly servers: InProcessServers & {
    /** As `deliver`, but to the proxy where one stands before the address. */
    readonly approach: InProcessServers['deliver']
  }
}

/** Where requests of proxies go over sockets. */
export interface Wires {
  of(proxy: Workload): { readonly upstreams: Upstreams }
  leadTo(endpoint: WireEnd): boolean
}

/** Ports of clients are drawn by nobody in this process: all calls say the same. */
const CLIENT_PORT = 40_000
const OURS = '127.0.0.1'

/** Carries what pods of this process send each other through the proxies that stand between them. */
export class MeshTraffic {
  readonly #options: MeshTrafficOptions
  readonly #wheel: TimerWheel
  /** Those whom a proxy calls that is not their own. */
  readonly #approached: InProcessServers
  #wires: Wires | undefined
  #askedOver: Pick<Wires, 'of'> | undefined

  constructor(options: MeshTrafficOptions) {
    this.#options = options
    this.#wheel = options.wheel ?? new TimerWheel(options.clock)
    const { servers } = options
    this.#approached = {
      isListening: (address) => servers.isListening(address),
      owns: (ip) => servers.owns(ip),
      deliver: (address, request, origin) => servers.approach(address, request, origin),
    }
  }

  /** From now on requests leave this process, or at least their bytes do, where wires lead. */
  useWires(wires: Wires): void {
    this.#wires = wires
  }

  /** From now on authorizers are asked over sockets where they are no application of this process. */
  askOver(roads: Pick<Wires, 'of'>): void {
    this.#askedOver = roads
  }

  /** What a pod's proxy knows of names; undefined where it resolves none. */
  namesOf({ podIp = '' }: Origin): ((name: string) => readonly string[] | undefined) | undefined {
    const { mesh, proxied } = this.#options
    const client = proxied.typeAt(podIp) === undefined ? undefined : mesh.workloadAt(podIp)
    if (client === undefined || dnsSettingsIn(client.proxyMetadata).dnsCapture !== true) return undefined
    return (name) => capturedName(mesh.proxyOf(client).view, name)
  }

  /** What a pod sends. Undefined where it has no proxy. */
  leaving(to: Address, request: RequestOptions, { podIp = '' }: Origin): Promise<ResponseStream> | undefined {
    const { mesh, proxied } = this.#options
    const page = this.#pageOf(to, request)
    if (page !== undefined) return Promise.resolve(page)
    const client = proxied.typeAt(podIp) === undefined ? undefined : mesh.workloadAt(podIp)
    return client === undefined ? undefined : this.#carry(client, 'outbound', { to, request, from: podIp })
  }

  /** What comes to an address from somebody without a proxy. Undefined where nobody stands before it. */
  arriving(to: Address, request: RequestOptions, { podIp }: Origin): Promise<ResponseStream> | undefined {
    const { mesh, proxied } = this.#options
    const page = this.#pageOf(to, request)
    if (page !== undefined) return Promise.resolve(page)
    const type = proxied.typeAt(to.ip)
    if (type === undefined) return undefined
    // What comes from no pod is ours: probes, and what the API server passes on.
    if (type === 'sidecar' && podIp === undefined) return undefined
    const server = mesh.workloadAt(to.ip)
    if (server === undefined) return undefined
    if (type === 'gateway' && openServers(mesh.proxyOf(server).view, to.port).length === 0) return undefined
    return this.#carry(server, 'inbound', { to, request, from: podIp ?? OURS })
  }

  #pageOf({ ip, port }: Address, request: RequestOptions): ResponseStream | undefined {
    const { mesh, proxied } = this.#options
    if (isControlPlanePage(port, request) && proxied.isControlPlane(ip)) {
      return metricsPage(this.#options.controlPlaneMetrics())
    }
    const proxy = !isPagePort(port) || proxied.typeAt(ip) === undefined ? undefined : mesh.workloadAt(ip)
    return proxy === undefined ? undefined : proxyPage(request, () => this.#options.metricsOf(proxy))
  }

  #carry(
    workload: Workload,
    direction: IncomingConnection['direction'],
    call: { readonly to: Address; readonly request: RequestOptions; readonly from: string },
  ): Promise<ResponseStream> {
    const { to, request, from } = call
    const { protocol, hostname } = new URL(request.url)
    const admission = this.#options.mesh.proxyOf(workload).admit({
      direction,
      destination: { address: to.ip, port: to.port },
      source: { address: from, port: CLIENT_PORT },
      // What is encrypted on a wire goes from hand to hand in this process, under the name that would be asked for.
      ...(protocol === 'https:' ? { tls: 'tls', sni: hostname } : { tls: 'plaintext' }),
      alpn: 'http/1.1',
    })
    switch (admission.kind) {
      case 'refuse':
        admission.tell?.(this.#options.clock.now())
        return Promise.reject(new ConnectionClosed('read: connection reset by peer'))
      case 'tcp':
        return this.#pipe(admission.exchange(), request, workload)
      case 'http':
        return this.#exchange((incoming) => admission.exchange(incoming), request, workload)
    }
  }

  async #exchange(
    exchangeOf: (request: IncomingRequest) => HttpExchange,
    request: RequestOptions,
    workload: Workload,
  ): Promise<ResponseStream> {
    request.signal?.throwIfAborted()
    const { body = '' } = request
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const client = new InProcessClient(incomingOf(request, bytes.length), bytes)
    const { clock } = this.#options
    const runner = new ExchangeRunner(exchangeOf(client.request), client, {
      clock,
      wheel: this.#wheel,
      upstreams: this.#upstreamsOf(workload),
      upstreamsOf: (asker) => this.#waysToAsk(asker),
    })
    client.attach(runner)
    runner.start()
    return client.answer(request.signal)
  }

  /** An HTTP request over a port whose bytes the mesh does not read. */
  async #pipe(exchange: TcpExchange, request: RequestOptions, workload: Workload): Promise<ResponseStream> {
    const { clock, servers } = this.#options
    const step = await this.#agreed(exchange)
    if (step.kind !== 'connect') throw new ConnectionClosed()
    if (!isInbound(step.upstream.cluster) && this.#wires?.leadTo(step.endpoint) === true) {
      return this.#exchange((incoming) => new PipedExchange(exchange, step, incoming), request, workload)
    }
    const { address: ip, port } = step.endpoint
    const [podIp] = workload.addresses
    const origin = podIp === undefined ? {} : { podIp }
    const isInside = isInbound(step.upstream.cluster)
    try {
      const answer = await servers[isInside ? 'deliver' : 'approach']({ ip, port }, request, origin)
      exchange.on({ kind: 'connected' }, clock.now())
      exchange.ended({ how: 'complete', receivedBytes: 0, sentBytes: 0 }, clock.now())
      return answer
    } catch (error) {
      exchange.on({ kind: 'failed', how: 'connect', reason: (error as Error).message }, clock.now())
      exchange.ended({ how: 'upstream-gone', receivedBytes: 0, sentBytes: 0 }, clock.now())
      throw new ConnectionClosed()
    }
  }

  /** What is to become of a connection once all have been asked who have to agree. */
  async #agreed(exchange: TcpExchange): Promise<TcpStep> {
    const { clock } = this.#options
    const wheel = this.#wheel
    let step = exchange.start(clock.now())
    for (;;) {
      if (step.kind === 'wait') {
        await clock.sleep(step.ms)
        step = exchange.on({ kind: 'waited' }, clock.now())
      } else if (step.kind === 'queue') {
        step = exchange.on(await turnInTime(clock, step), clock.now())
      } else if (step.kind === 'check') {
        const { promise, resolve } = Promise.withResolvers<CheckOutcome>()
        new CheckCall(step, { upstreams: this.#waysToAsk(step.asker), wheel }, resolve)
        step = exchange.on(await promise, clock.now())
      } else return step
    }
  }

  #waysToAsk(asker: Workload): Upstreams {
    return this.#askedOver?.of(asker).upstreams ?? this.#upstreamsOf(asker)
  }

  #upstreamsOf(workload: Workload): Upstreams {
    if (this.#wires !== undefined) return this.#wires.of(workload).upstreams
    const { servers } = this.#options
    const where = { podIp: workload.addresses[0], further: undefined }
    const inside = inProcessUpstreams(servers, where)
    const outside = inProcessUpstreams(this.#approached, where)
    return {
      open: (target, hasBody, reader) =>
        (isInbound(target.upstream.cluster) ? inside : outside).open(target, hasBody, reader),
    }
  }
}

function incomingOf({ url: text, method, headers = {} }: RequestOptions, length: number): IncomingRequest {
  const url = new URL(text)
  const { host = url.host, ...others } = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  return {
    method,
    scheme: url.protocol.slice(0, -1),
    authority: host,
    target: `${url.pathname}${url.search}`,
    headers: headerListOf(length > 0 ? { ...others, 'content-length': String(length) } : others),
    version: 'HTTP/1.1',
  }
}
