import { assert } from './base/assert.ts'
import { builtinKinds } from './api/kinds/builtin-kinds.ts'
import { Node } from './api/kinds/core/node.ts'
import { defaultNodeProfile, expandNodeProfiles, type NodeProfile } from './api/kinds/dabba/node-profile.ts'
import type { UserInfo } from './api/request.ts'
import { Scheme } from './api/scheme.ts'
import { Admission } from './apiserver/admission/admission.ts'
import { namespaceLifecycle } from './apiserver/admission/namespace-lifecycle.ts'
import { ApiServer } from './apiserver/api-server.ts'
import { bootstrapObjects } from './apiserver/bootstrap.ts'
import { HttpApi } from './apiserver/http/http-api.ts'
import { answerPlainPath } from './apiserver/http/plain-paths.ts'
import { Client, isAlreadyExists } from './client/client.ts'
import { type Controller, runController } from './client/controller.ts'
import { EventRecorder } from './client/events.ts'
import { Informers } from './client/informers.ts'
import type { Engine } from './store/engine.ts'
import { MemoryEngine } from './store/engines/memory.ts'
import { Store } from './store/store.ts'
import type { Listener } from './world/network.ts'
import type { World } from './world/world.ts'

export interface PlatformOptions {
  readonly world: World
  /** Where the cluster's state is kept; in memory unless told otherwise. */
  readonly engine?: Engine
  /** The nodes to start with, if the store holds none yet. */
  readonly nodes?: readonly NodeProfile[]
  /** Told of failures of our own that were survived; the default forgets them. */
  onError?(where: string, error: Error): void
}

const ADMIN: UserInfo = { username: 'system:admin', groups: ['system:masters', 'system:authenticated'] }

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
  readonly #stop = new AbortController()
  readonly #running: Promise<void>[] = []
  #listener: Listener | undefined

  constructor(options: PlatformOptions) {
    this.#options = options
    const { world } = options
    const { clock, random } = world
    this.world = world
    this.scheme = new Scheme()
    for (const kind of builtinKinds()) this.scheme.add(kind)
    this.store = new Store({ engine: options.engine ?? new MemoryEngine(), clock })
    const admission = new Admission([namespaceLifecycle], { store: this.store, scheme: this.scheme, clock })
    this.server = new ApiServer({
      store: this.store,
      scheme: this.scheme,
      clock,
      random: random.fork('apiserver'),
      admission,
      subresources: new Map(),
    })
    this.client = new Client({ transport: this.server, scheme: this.scheme, user: ADMIN, fieldManager: 'dabba' })
    this.informers = new Informers(this.client, clock)
  }

  /** Fills an empty store and sets every loop going. */
  async start(): Promise<void> {
    for (const object of bootstrapObjects()) await this.#ensure(object)
    const { items: nodes } = await this.client.list(Node)
    if (nodes.length === 0) {
      for (const node of expandNodeProfiles(this.#options.nodes ?? [defaultNodeProfile(1)])) await this.#ensure(node)
    }
  }

  /** Serves the API over HTTP on a loopback address; returns its URL. */
  async listen(options: { port: number }): Promise<string> {
    assert(this.#listener === undefined, 'a platform listens once')
    const api = new HttpApi({
      server: this.server,
      authenticators: [{ authenticate: () => Promise.resolve(ADMIN) }],
      authorizer: { authorize: () => ({ allowed: true, reason: '' }) },
      paths: [answerPlainPath],
      onError: (error) => this.#options.onError?.('apiserver', error),
    })
    const host = '127.0.0.1'
    this.#listener = await this.world.network.listen({
      host,
      port: options.port,
      onRequest: (request, response) => void api.handle(request, response),
    })
    return `http://${host}:${this.#listener.port}`
  }

  async stop(): Promise<void> {
    await this.#listener?.close()
    this.#stop.abort()
    this.informers.stop()
    await Promise.all(this.#running)
    this.store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Runs a controller until the platform stops. */
  run(controller: Controller): void {
    const { client, informers } = this
    const onError = (name: string, key: string, error: Error): void => this.#options.onError?.(`${name} ${key}`, error)
    this.#running.push(
      runController(controller, { client, informers, clock: this.world.clock, signal: this.#stop.signal, onError }),
    )
  }

  events(component: string): EventRecorder {
    return new EventRecorder({ client: this.client, clock: this.world.clock, component })
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
