import { assert } from './base/assert.ts'
import { builtinKinds } from './api/kinds/builtin-kinds.ts'
import { Node } from './api/kinds/core/node.ts'
import { installedCrds } from './api/kinds/installed-crds.ts'
import { defaultNodeProfile, expandNodeProfiles, type NodeProfile } from './api/kinds/dabba/node-profile.ts'
import type { UserInfo } from './api/request.ts'
import { Scheme } from './api/scheme.ts'
import { Admission } from './apiserver/admission/admission.ts'
import { admissionPlugins } from './apiserver/admission/plugins.ts'
import { ApiServer } from './apiserver/api-server.ts'
import { installDefinitions, serveCustomResources } from './apiserver/custom-resources.ts'
import { clientCertificates, serviceAccountTokens } from './apiserver/authn/authenticators.ts'
import { API_AUDIENCE } from './apiserver/authn/service-account-tokens.ts'
import { TokenSigner } from './apiserver/authn/token-signer.ts'
import { installBootstrapPolicy } from './apiserver/authz/install-policy.ts'
import { RbacAuthorizer } from './apiserver/authz/rbac.ts'
import { publishApiServices, publishVersions } from './apiserver/bootstrap/api-services.ts'
import { installObjects, reinstallObjects } from './apiserver/bootstrap/install-objects.ts'
import { servingObjects } from './apiserver/bootstrap/serving-objects.ts'
import { bootstrapObjects } from './apiserver/bootstrap.ts'
import type { SubresourceHandler } from './apiserver/context.ts'
import { discoveryPaths } from './apiserver/http/discovery-paths.ts'
import { clusterHealth } from './apiserver/http/cluster-health.ts'
import { healthPaths } from './apiserver/http/health-paths.ts'
import { HttpApi } from './apiserver/http/http-api.ts'
import { indexPath } from './apiserver/http/index-path.ts'
import { documentPath } from './apiserver/http/document-path.ts'
import { metricsPath } from './apiserver/http/metrics-path.ts'
import { openApiPaths } from './apiserver/http/openapi-paths.ts'
import { openidPaths } from './apiserver/http/openid-paths.ts'
import { versionPath } from './apiserver/http/version-path.ts'
import { metricApiVersions, metricGroups, metricHandlers, metricKindOf } from './apiserver/metric-apis/metric-apis.ts'
import {
  clientCredential,
  type ClusterIdentity,
  newClusterIdentity,
  servingCredential,
} from './apiserver/pki/cluster-identity.ts'
import { clusterHandlers } from './apiserver/subresources/cluster-handlers.ts'
import { requestSigner } from './apiserver/pki/sign-request.ts'
import type { Access } from './client/access.ts'
import { Client, isAlreadyExists } from './client/client.ts'
import { clusterPrograms } from './cluster-programs.ts'
import { type Controller, runController } from './client/controller.ts'
import { EventRecorder } from './client/events.ts'
import { Informers } from './client/informers.ts'
import { MeasuredTransport, type RequestObserver } from './client/measured-transport.ts'
import { clusterControllers } from './controllers/cluster-controllers.ts'
import { DefinitionController } from './controllers/customresource/definition-controller.ts'
import { DisruptionController } from './controllers/disruption/disruption-controller.ts'
import { EndpointSliceController } from './controllers/endpoints/endpoint-slice-controller.ts'
import { GarbageCollector } from './controllers/garbagecollector/garbage-collector.ts'
import { HorizontalPodAutoscalerController } from './controllers/horizontalpodautoscaler/autoscaler-controller.ts'
import { ClientMetrics } from './controllers/horizontalpodautoscaler/client-metrics.ts'
import { ScaleTargets } from './controllers/horizontalpodautoscaler/scale-target.ts'
import { NamespaceController } from './controllers/namespace/namespace-controller.ts'
import { NodeLifecycleController } from './controllers/nodelifecycle/node-lifecycle-controller.ts'
import { PodGcController } from './controllers/podgc/pod-gc-controller.ts'
import { TaintEvictionController } from './controllers/tainteviction/taint-eviction-controller.ts'
import { RootCaController } from './controllers/serviceaccount/root-ca-controller.ts'
import { ServiceAccountController } from './controllers/serviceaccount/service-account-controller.ts'
import { workloadControllers } from './controllers/workload-controllers.ts'
import { Kubelets } from './kubelet/kubelets.ts'
import { type ProgramCatalogue, ProgramRuntime } from './kubelet/runtimes/programs/program-runtime.ts'
import type { Directory } from './kubelet/runtimes/programs/volume-store.ts'
import { SimulatedRuntime } from './kubelet/runtimes/simulated/simulated-runtime.ts'
import { WatchedModels } from './kubelet/runtimes/simulated/watched-models.ts'
import { readDescriptions } from './kind-descriptions.ts'
import { MetricsAdapter } from './metrics/adapter/adapter.ts'
import { AdapterRules } from './metrics/adapter/adapter-rules.ts'
import type { AdapterSource } from './metrics/adapter/adapter-source.ts'
import { locatePrometheus } from './metrics/adapter/locate-prometheus.ts'
import { prometheusSource } from './metrics/adapter/prometheus-source.ts'
import { ControlPlaneMetrics } from './metrics/exporters/components/control-plane-metrics.ts'
import { NodeExporters } from './metrics/exporters/kubelet/node-exporters.ts'
import { printFamilies } from './metrics/instrument/metric-families.ts'
import { metricsProgram } from './metrics/server/programs.ts'
import { MeshRuntime } from './mesh/runtime/mesh-runtime.ts'
import type { SpanSink } from './mesh/telemetry/trace/span.ts'
import { ClusterNetwork, type Listening } from './network/cluster-network.ts'
import { HostNetwork } from './network/host/host-network.ts'
import { connectPod } from './network/pod-connection.ts'
import { podLogs, withProxyContainer } from './pod-logs.ts'
import type { SchedulerConfiguration } from './scheduler/config.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import type { Engine } from './store/engine.ts'
import { MemoryEngine } from './store/engines/memory.ts'
import { Store } from './store/store.ts'
import { printTime } from './world/clock.ts'
import type { Listener } from './world/network.ts'
import { processUsage } from './world/process-usage.ts'
import type { World } from './world/world.ts'

export interface PlatformOptions {
  readonly world: World
  /** Where the cluster's state is kept; in memory unless told otherwise. */
  readonly engine?: Engine
  /** The cluster's authority and keys, where they outlive the process; made anew when first needed otherwise. */
  readonly identity?: ClusterIdentity
  /** The nodes to start with, if the store holds none yet. */
  readonly nodes?: readonly NodeProfile[]
  /** kube-scheduler's configuration: profiles, their plugins and weights. */
  readonly scheduler?: SchedulerConfiguration
  /** Where custom and external metrics are read; from the Prometheus in the cluster unless told otherwise. */
  readonly metrics?: AdapterSource
  /** Which images really run as programs of ours; without it Prometheus. All others are simulated. */
  readonly programs?: ProgramCatalogue
  /** Where the volumes of programs are kept; in memory unless told otherwise. */
  readonly volumes?: Directory
  /** Programs reach the host's network too, the API server's listener among it; only the cluster unless told otherwise. */
  readonly reachesHost?: boolean
  /** Proxies of the mesh call each other over sockets, in mutual TLS, once the cluster is reached from the host. */
  readonly wireMtls?: boolean
  /** Told of what proxies of the mesh do for requests that are traced. */
  readonly spans?: SpanSink
  /** Told of failures of our own that were survived; the default forgets them. */
  onError?(where: string, error: Error): void
}

const LOOPBACK = '127.0.0.1'
const CONTROLLER_MANAGER = 'kube-controller-manager'

const ADMIN: UserInfo = { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] }

export type { ClusterIdentity }
export type { HostListening } from './network/host/host-listeners.ts'

/** A whole cluster in this process: API server, controllers, scheduler and nodes, each made of what it is handed. */
export class Platform implements AsyncDisposable {
  readonly world: World
  readonly scheme: Scheme
  readonly store: Store
  readonly server: ApiServer
  /** As the cluster's administrator. */
  readonly client: Client
  readonly informers: Informers
  readonly #options: PlatformOptions
  readonly #authorizer: RbacAuthorizer
  readonly #metrics: MetricsAdapter
  readonly #network: ClusterNetwork
  readonly #mesh: MeshRuntime
  readonly #runtime: ProgramRuntime
  readonly #kubelets: Kubelets
  readonly #scheduler: Scheduler
  readonly #controlPlane = new ControlPlaneMetrics({
    usage: processUsage,
    waitingPods: () => this.#scheduler.waiting(),
  })
  readonly #stop = new AbortController()
  readonly #running: Promise<void>[] = []
  #identity: ClusterIdentity | undefined
  #tokenSigner: TokenSigner | undefined
  #listener: Listener | undefined
  #hostNetwork: HostNetwork | undefined
  #isStarted = false
  #stopped: Promise<void> | undefined

  constructor(options: PlatformOptions) {
    this.#options = options
    const { world } = options
    const { clock, random } = world
    this.world = world
    this.#identity = options.identity
    this.scheme = new Scheme()
    for (const kind of builtinKinds()) this.scheme.add(kind)
    this.store = new Store({ engine: options.engine ?? new MemoryEngine(), clock })
    serveCustomResources(this.store, this.scheme)
    this.#authorizer = new RbacAuthorizer(this.store)
    const admission = new Admission(admissionPlugins(random.fork('admission'), this.#authorizer), {
      store: this.store,
      scheme: this.scheme,
      clock,
    })
    this.#metrics = new MetricsAdapter(options.metrics ?? this.#clusterPrometheus(), clock)
    this.server = new ApiServer({
      store: this.store,
      scheme: this.scheme,
      clock,
      random: random.fork('apiserver'),
      admission,
      subresources: new Map(this.#handlers()),
    })
    this.client = new Client({ transport: this.server, scheme: this.scheme, user: ADMIN, fieldManager: 'dabba' })
    this.informers = new Informers(this.client, clock)
    const host = options.reachesHost === true ? { host: world.network } : {}
    this.#network = new ClusterNetwork({ informers: this.informers, clock, ...host })
    this.#mesh = this.#newMesh()
    this.#network.interceptBy(this.#mesh.traffic)
    this.#runtime = this.#newRuntime()
    this.#kubelets = this.#newKubelets()
    this.#scheduler = this.#newScheduler()
    this.#exportMetrics()
  }

  /** The pods' network: reaches them and Services by the cluster's names and addresses. */
  get network(): ClusterNetwork {
    return this.#network
  }

  /** Made when first asked for: most tests need neither certificates nor tokens. */
  get identity(): ClusterIdentity {
    return (this.#identity ??= newClusterIdentity({ ...this.world, random: this.world.random.fork('identity') }))
  }

  get #signer(): TokenSigner {
    return (this.#tokenSigner ??= new TokenSigner({ issuer: API_AUDIENCE, key: this.identity.tokenKey }))
  }

  /** Fills an empty store and sets every loop going. */
  async start(): Promise<void> {
    const { clock, random } = this.world
    const { store } = this
    await installDefinitions(installedCrds(), { store, clock, random: random.fork('definitions') })
    await installBootstrapPolicy({ store, clock, random: random.fork('policy') })
    const installation = { store, scheme: this.scheme, clock, random: random.fork('bootstrap') }
    await installObjects(bootstrapObjects(printTime(clock.now())), installation)
    const stopPublishing = await publishApiServices(installation)
    this.#stop.signal.addEventListener('abort', stopPublishing, { once: true })
    const { items: nodes } = await this.client.list(Node)
    if (nodes.length === 0) {
      for (const node of expandNodeProfiles(this.#options.nodes ?? [defaultNodeProfile(1)])) await this.#ensure(node)
    }
    for (const controller of this.#controllers()) this.#run(controller)
    const { signal } = this.#stop
    this.#running.push(this.#kubelets.run(signal), this.#scheduler.run(signal), this.#mesh.run(signal))
    this.#isStarted = true
  }

  /** Serves the API over TLS on a loopback address; returns how clients reach it as the administrator. */
  async listen(options: { port: number }): Promise<Access> {
    assert(this.#listener === undefined, 'a platform listens once')
    const { clock, random, network } = this.world
    const signer = this.#signer
    const checks = clusterHealth({
      hasStore: () => this.store.revision > 0,
      hasStarted: () => this.#isStarted,
      isStopping: () => this.#stop.signal.aborted,
    })
    const api = new HttpApi({
      server: this.server,
      authenticators: [clientCertificates, serviceAccountTokens({ signer, store: this.store, clock })],
      authorizer: this.#authorizer,
      paths: [
        versionPath,
        healthPaths(checks),
        discoveryPaths(metricGroups(this.#metrics, this.scheme)),
        openidPaths(signer),
        openApiPaths(() => readDescriptions(this.world.disk)),
        metricsPath(processUsage, () => printFamilies(this.#controlPlane.besidesApiServer())),
        documentPath('/dabba/host', () => this.#hostNetwork?.describe()),
        indexPath(checks),
      ],
      proxy: (request) => this.#network.request(request),
      dialPod: (address) => connectPod(this.#network, address),
      furtherKind: (info) => metricKindOf(this.#metrics, info),
      shownForLogs: (pod) => withProxyContainer(pod, this.#mesh.logs),
      onError: (error) => this.#options.onError?.('apiserver', error),
    })
    const { certificate, key } = servingCredential(this.identity, { ...this.world, random: random.fork('serving') })
    const ca = this.identity.authority.certificate
    this.#listener = await network.listen({
      host: LOOPBACK,
      port: options.port,
      tls: { cert: certificate, key, ca },
      onRequest: (request, response) => void api.handle(request, response),
      onUpgrade: (request, response, connection) => void api.upgrade(request, response, connection),
    })
    const { port } = this.#listener
    const installation = { store: this.store, scheme: this.scheme, clock, random: random.fork('listening') }
    await reinstallObjects(servingObjects({ host: LOOPBACK, port, ca }), installation)
    const subject = { commonName: 'dabba-admin', organizations: ['system:masters'] }
    const client = clientCredential(this.identity, subject, { ...this.world, random: random.fork('admin') })
    return { url: `https://${LOOPBACK}:${port}`, ca, certificate: client.certificate, key: client.key }
  }

  /** Makes pods and Services reachable from this host, on loopback addresses, and their names by a DNS server. */
  async reachFromHost(): Promise<HostNetwork> {
    assert(this.#hostNetwork === undefined, 'a platform is made reachable once')
    this.#hostNetwork = new HostNetwork({
      network: this.#network,
      informers: this.informers,
      world: this.world,
      taker: this.#mesh.connections({
        sockets: this.world.sockets,
        doorOf: (address) => this.#hostNetwork?.where(address),
        hostAddressOf: (ip) => this.#hostNetwork?.placeOf(ip),
        clusterAddressOf: (host) => this.#hostNetwork?.clusterAddressOf(host) ?? host,
      }),
      onError: (error) => this.#options.onError?.('network', error),
    })
    await this.#hostNetwork.start()
    return this.#hostNetwork
  }

  /** Lets a simulated node fall silent, as if its machine had died, or come back. */
  setNodeFailed(name: string, isFailed: boolean): void {
    this.#kubelets.setFault(name, isFailed ? 'down' : undefined)
  }

  /** Ends every loop and closes the store. Whoever comes second waits for the same end. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#end())
  }

  async #end(): Promise<void> {
    await Promise.all([this.#listener?.close(), this.#hostNetwork?.close()])
    this.#stop.abort()
    this.informers.stop()
    await Promise.all(this.#running)
    await this.#runtime.stop()
    this.store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #newScheduler(): Scheduler {
    const { informers } = this
    const client = this.#componentClient('kube-scheduler', this.#controlPlane.schedulerRequests)
    const { clock, random } = this.world
    const onError = (doing: string, error: Error): void => this.#options.onError?.(`scheduler ${doing}`, error)
    const events = new EventRecorder({ client, clock, component: 'default-scheduler' })
    const config = this.#options.scheduler
    const given = config === undefined ? {} : { config }
    const observer = this.#controlPlane.scheduler
    const forked = random.fork('scheduler')
    return new Scheduler({ client, informers, clock, random: forked, events, observer, onError, ...given })
  }

  #newKubelets(): Kubelets {
    const { informers } = this
    const client = this.#componentClient('kubelet')
    const { clock } = this.world
    const onError = (error: unknown): void => this.#options.onError?.('kubelet', error as Error)
    return new Kubelets({ client, informers, clock, runtime: this.#runtime, isOurs: () => true, onError })
  }

  /** Each node answers for its kubelet's metrics, and one for the control plane's. */
  #exportMetrics(): void {
    const shared = {
      informers: this.informers,
      listen: (listening: Listening) => this.#network.listen(listening),
      onError: (error: Error) => this.#options.onError?.('metrics', error),
    }
    this.#controlPlane.export(shared)
    void new NodeExporters({
      ...shared,
      clock: this.world.clock,
      consumption: (pod) => this.#kubelets.consumption(pod),
      isUp: (node) => this.#kubelets.faultOf(node) === undefined,
    })
  }

  #newRuntime(): ProgramRuntime {
    const { informers } = this
    const client = this.#componentClient('kubelet')
    const { clock, random } = this.world
    const { server, scheme } = this
    const ofCluster = clusterPrograms({ server, scheme, authorizer: this.#authorizer, clock })
    const { volumes, programs = (container) => metricsProgram(container, ofCluster) } = this.#options
    const models = new WatchedModels(client.scheme, informers)
    const simulated = new SimulatedRuntime({
      clock,
      random: random.fork('runtime'),
      models: () => models.current(),
      network: this.#network,
      written: ({ pod, container }) => this.#mesh.logs.of(pod, container.name),
    })
    return new ProgramRuntime({
      simulated,
      programs,
      network: this.#network,
      client,
      informers,
      clock,
      random: random.fork('programs'),
      ...(volumes === undefined ? {} : { keep: volumes }),
      onError: (error) => this.#options.onError?.('kubelet', error as Error),
    })
  }

  /** What pods send each other passes it. */
  #newMesh(): MeshRuntime {
    return new MeshRuntime({
      informers: this.informers,
      world: { ...this.world, random: this.world.random.fork('mesh') },
      servers: this.#network,
      wireMtls: this.#options.wireMtls === true,
      spans: this.#options.spans,
      request: (request) => this.#network.request(request),
      onError: (error) => this.#options.onError?.('mesh', error),
    })
  }

  #controllers(): readonly Controller[] {
    const { informers } = this
    const { clock, random } = this.world
    const client = this.#componentClient(CONTROLLER_MANAGER, this.#controlPlane.controllerRequests)
    const events = (component: string): EventRecorder => new EventRecorder({ client, clock, component })
    const deps = { client, informers, clock, random: random.fork('controllers'), events }
    const authority = (): ClusterIdentity['authority'] => this.identity.authority
    const signer = requestSigner({ authority, clock, random: random.fork('signer') })
    return [
      new NamespaceController(client, clock),
      new ServiceAccountController(client),
      new RootCaController(client, () => authority().certificate),
      new GarbageCollector(deps),
      new DefinitionController(deps),
      new EndpointSliceController(deps),
      new NodeLifecycleController(deps),
      new TaintEvictionController(deps),
      new PodGcController(deps),
      new DisruptionController(deps),
      new HorizontalPodAutoscalerController({
        ...deps,
        source: new ClientMetrics(client),
        scales: new ScaleTargets(client),
      }),
      this.#adapterRules(events('prometheus-adapter')),
      ...this.#mesh.controllers({ client, events: events('istiod') }),
      ...clusterControllers({ ...deps, signer }),
      ...workloadControllers(deps),
    ]
  }

  #clusterPrometheus(): AdapterSource {
    return prometheusSource({
      clock: this.world.clock,
      network: { request: (options) => this.#network.request(options) },
      url: () => locatePrometheus(this.informers),
    })
  }

  /** The metric APIs are served while there are rules for them. */
  #adapterRules(events: EventRecorder): AdapterRules {
    const { clock, random } = this.world
    const installation = { store: this.store, scheme: this.scheme, clock, random: random.fork('metric-apis') }
    return new AdapterRules({
      informers: this.informers,
      events,
      changed: async (configs) => {
        this.#metrics.use(configs)
        await publishVersions(metricApiVersions(this.#metrics), installation)
      },
    })
  }

  #run(controller: Controller): void {
    const { informers } = this
    const client = this.#componentClient(CONTROLLER_MANAGER, this.#controlPlane.controllerRequests)
    const observer = this.#controlPlane.queues.observerOf(controller.name)
    const onError = (name: string, key: string, error: Error): void => this.#options.onError?.(`${name} ${key}`, error)
    const { signal } = this.#stop
    const options = { client, informers, clock: this.world.clock, observer, signal, onError }
    this.#running.push(runController(controller, options))
  }

  /** What answers for subresources and reviews. */
  *#handlers(): Generator<readonly [string, SubresourceHandler]> {
    const { store } = this
    const { clock } = this.world
    yield* clusterHandlers({
      store,
      clock,
      authorizer: this.#authorizer,
      signer: () => this.#signer,
      podUsage: ({ metadata: { namespace = '', name } }) => this.#kubelets.usage({ namespace, name }),
      logs: podLogs(() => ({ kubelets: this.#kubelets, proxies: this.#mesh.logs, informers: this.informers, clock })),
    })
    yield* metricHandlers(this.#metrics)
  }

  /** A part of the cluster under its own name: what it writes is recorded as its. */
  #componentClient(name: string, observer?: RequestObserver): Client {
    const groups = ['system:masters', 'system:authenticated']
    const client = this.client.as({ username: `system:${name}`, groups }, name)
    if (observer === undefined) return client
    return client.over((transport) => new MeasuredTransport(transport, { clock: this.world.clock, observer }))
  }

  /** Creates what is not there yet: a store that outlived the process has it already. */
  async #ensure(object: Parameters<Client['create']>[0]): Promise<void> {
    try {
      await this.client.create(object)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}

/** Builds a platform and sets it going. */
export async function createPlatform(options: PlatformOptions): Promise<Platform> {
  const platform = new Platform(options)
  await platform.start()
  return platform
}
