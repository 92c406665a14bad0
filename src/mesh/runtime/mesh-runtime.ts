import type { ApiObject } from '../../api/object.ts'
import { meshKind } from '../../api/kinds/istio/mesh-kinds.ts'
import type { Client } from '../../client/client.ts'
import type { Controller } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import type { World } from '../../world/world.ts'
import { guardOf } from '../authorize/guard.ts'
import { FetchedKeys } from '../authorize/jwt/fetched-keys.ts'
import type { RequestAuthentication } from '../config/types/request-authentication.ts'
import { Mesh } from '../exchange/mesh.ts'
import { Identities } from '../identity/identities.ts'
import { newMeshAuthority } from '../identity/mesh-authority.ts'
import type { Workload } from '../registry/workload.ts'
import { ownCertificateText } from '../sockets/tls/peer-certificate.ts'
import { MeshTls } from '../sockets/tls/mesh-tls.ts'
import { ProxyLogs } from '../telemetry/access-log/proxy-logs.ts'
import type { MeshFamily } from '../telemetry/exposed-family.ts'
import { MeshTelemetry } from '../telemetry/mesh-telemetry.ts'
import { buildFamily } from '../telemetry/stats/build-family.ts'
import { clusterStats } from '../telemetry/stats/cluster-stats.ts'
import { ControlPlaneStats } from '../telemetry/stats/control-plane-stats.ts'
import { TrialStats } from '../telemetry/stats/trial-stats.ts'
import { statsInclusion } from '../telemetry/stats/stats-inclusion.ts'
import type { SpanSink } from '../telemetry/trace/span.ts'
import { MeshConfiguration } from './mesh-configuration.ts'
import { MeshConnections, type MeshConnectionsOptions } from './mesh-connections.ts'
import { meshControllers } from './mesh-controllers.ts'
import { MeshTraffic, type MeshTrafficOptions } from './mesh-traffic.ts'
import { ProxiedAddresses } from './proxied-addresses.ts'
import { proxyFiles } from './proxy-files.ts'
import { configMapTexts, secretTexts } from './secret-texts.ts'

export interface MeshRuntimeOptions {
  readonly informers: Informers
  readonly world: Pick<World, 'clock' | 'keys' | 'random'>
  /** Applications of this process. */
  readonly servers: MeshTrafficOptions['servers']
  /** Whether proxies call each other over sockets, as soon as there are `connections`. */
  readonly wireMtls: boolean
  /** Is told of the spans of requests that are traced; without it nobody makes any. */
  readonly spans?: SpanSink | undefined
  /** Asks for the keys that tokens are verified by. */
  request(options: RequestOptions): Promise<ResponseStream>
  onError(error: Error): void
}

const TRUST_DOMAIN = 'cluster.local'

/** A cluster's mesh at work: its configuration as it changes, its identities, and the proxies that follow from both. */
export class MeshRuntime {
  readonly configuration: MeshConfiguration
  readonly mesh: Mesh
  readonly telemetry: MeshTelemetry
  /** What the proxies write, access logs before all. */
  readonly logs: ProxyLogs
  readonly traffic: MeshTraffic
  readonly #options: MeshRuntimeOptions
  readonly #proxied: ProxiedAddresses
  readonly #keys: FetchedKeys
  readonly #trials = new TrialStats()
  #identities: Identities | undefined

  constructor(options: MeshRuntimeOptions) {
    const { informers, world, servers, spans, onError } = options
    this.#options = options
    this.#proxied = new ProxiedAddresses(informers)
    this.configuration = new MeshConfiguration({ informers, onError })
    this.#keys = new FetchedKeys({
      clock: world.clock,
      fetchText: async (url, signal) => textOf(await options.request({ url, method: 'GET', signal })),
    })
    this.#fetchKeysOf(informers)
    this.logs = new ProxyLogs(informers)
    this.telemetry = new MeshTelemetry({
      snapshot: () => this.configuration.snapshot,
      log: (line, to) => this.logs.write(line, to),
      ...(spans !== undefined && { spans }),
    })
    const dice = world.random.fork('proxies')
    this.mesh = new Mesh({
      snapshot: () => this.configuration.snapshot,
      dice: () => dice.next(),
      fuses: true,
      guardOf: guardOf({
        keys: this.#keys,
        onTrial: (workload: Workload, port, trial) => this.#trials.note(workload, port, trial),
      }),
      observer: this.telemetry,
      tracing: (proxy, side) => this.telemetry.tracing(proxy, side),
      certificateText: (workload) => ownCertificateText(this.identities.certificate(workload)),
    })
    const controlPlane = new ControlPlaneStats({ informers, snapshot: () => this.configuration.snapshot })
    this.traffic = new MeshTraffic({
      mesh: this.mesh,
      metricsOf: (proxy) => this.#metricsOf(proxy),
      controlPlaneMetrics: () => controlPlane.families(),
      proxied: this.#proxied,
      clock: world.clock,
      servers,
    })
  }

  /** Made when first asked for: keys cost time, and a mesh that nobody uses needs none. */
  get identities(): Identities {
    if (this.#identities !== undefined) return this.#identities
    const { mesh } = this.configuration.snapshot
    const { trustDomain = TRUST_DOMAIN } = mesh
    const world = { ...this.#options.world, random: this.#options.world.random.fork('identities') }
    const authority = newMeshAuthority({ organization: trustDomain }, world)
    this.#identities = new Identities({ authority, trust: { ...mesh, trustDomain } }, world)
    this.configuration.onMeshChange((next) =>
      this.#identities?.setTrust({ ...next, trustDomain: next.trustDomain ?? TRUST_DOMAIN }),
    )
    return this.#identities
  }

  /** What istiod does besides telling proxies what to do. */
  controllers(parts: { readonly client: Client; readonly events: EventRecorder }): readonly Controller[] {
    const { informers } = this.#options
    const identities = (): Identities => this.identities
    return meshControllers({ ...parts, informers, identities, givesAddresses: () => this.configuration.givesAddresses })
  }

  /** The proxies' side of connections over sockets of this host. */
  connections(
    host: Pick<MeshConnectionsOptions, 'clusterAddressOf' | 'doorOf' | 'hostAddressOf' | 'sockets'>,
  ): MeshConnections {
    const { informers, servers, world, wireMtls } = this.#options
    const { clock } = world
    const { identities, mesh } = this
    const [secrets, configMaps] = [secretTexts(informers), configMapTexts(informers)]
    const files = proxyFiles({ informers, secrets, configMaps, roots: () => identities.bundle.pem })
    const tls = new MeshTls({ sockets: host.sockets, clock, identities, secrets, configMaps, files })
    const connections = new MeshConnections({ ...host, mesh, proxied: this.#proxied, clock, tls, servers })
    this.traffic.askOver(connections.roads)
    if (wireMtls) {
      this.traffic.useWires(connections.roads)
      mesh.useWires((endpoint) => connections.roads.leadTo(endpoint))
    }
    return connections
  }

  /** Keeps the keys of token issuers fresh until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#keys.run(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  *#metricsOf(proxy: Workload): Generator<MeshFamily> {
    yield* this.telemetry.metrics.families(proxy)
    yield buildFamily('proxy')
    yield* this.#trials.families(proxy)
    const [address = ''] = proxy.addresses
    const { proxyStatsMatcher } = this.configuration.snapshot.mesh
    const inclusion = statsInclusion(proxyStatsMatcher, this.#proxied.annotationsAt(address))
    const nowMs = this.#options.world.clock.now()
    yield* clusterStats(this.mesh.proxyOf(proxy).clusters(), { inclusion, nowMs })
  }

  #fetchKeysOf(informers: Informers): void {
    const prepare = (object: ApiObject): void => {
      void this.#keys.prepare((object as RequestAuthentication).spec?.jwtRules ?? [])
    }
    informers.of(meshKind('RequestAuthentication')).handle({ added: prepare, updated: prepare })
  }
}

async function textOf({ status, body }: ResponseStream): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  if (status < 200 || status > 299) throw new Error(`status ${status}`)
  return Buffer.concat(parts).toString()
}
