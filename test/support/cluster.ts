import type { Kind } from '../../src/api/kind.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { builtinKinds } from '../../src/api/kinds/builtin-kinds.ts'
import { Scheme } from '../../src/api/scheme.ts'
import { Admission, type AdmissionPlugin } from '../../src/apiserver/admission/admission.ts'
import { namespaceLifecycle } from '../../src/apiserver/admission/namespace-lifecycle.ts'
import { ApiServer } from '../../src/apiserver/api-server.ts'
import { SYSTEM_NAMESPACES } from '../../src/apiserver/bootstrap.ts'
import type { SubresourceHandler } from '../../src/apiserver/context.ts'
import { Client } from '../../src/client/client.ts'
import { type Controller, runController } from '../../src/client/controller.ts'
import { EventRecorder } from '../../src/client/events.ts'
import { Informers } from '../../src/client/informers.ts'
import type { Engine } from '../../src/store/engine.ts'
import { MemoryEngine } from '../../src/store/engines/memory.ts'
import { Store } from '../../src/store/store.ts'
import { type RehearsedWorld, rehearsedWorld } from '../../src/world/rehearsed-world.ts'

export interface TestCluster extends AsyncDisposable {
  readonly world: RehearsedWorld
  readonly clock: RehearsedWorld['clock']
  readonly store: Store
  readonly server: ApiServer
  readonly client: Client
  readonly informers: Informers
  readonly signal: AbortSignal
  events(component: string): EventRecorder
  /** Runs controllers until the cluster is disposed. */
  run(...controllers: Controller[]): Promise<void>
  /** What controllers threw, as `name key: message`; they try again. */
  readonly errors: readonly string[]
}

export interface TestClusterOptions {
  readonly seed?: string
  readonly kinds?: readonly Kind[]
  readonly admission?: readonly AdmissionPlugin[]
  readonly subresources?: Readonly<Record<string, SubresourceHandler>>
  readonly engine?: Engine
}

/** A real API server over a memory store, in process and on a virtual clock, without controllers of its own. */
export async function testCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const world = rehearsedWorld({ seed: options.seed ?? 'test' })
  const { clock, random } = world
  const scheme = new Scheme()
  for (const kind of [...builtinKinds(), ...(options.kinds ?? [])]) scheme.add(kind)
  const store = new Store({ engine: options.engine ?? new MemoryEngine(), clock })
  const admission = new Admission(options.admission ?? [namespaceLifecycle], { store, scheme, clock })
  const subresources = new Map(Object.entries(options.subresources ?? {}))
  const server = new ApiServer({ store, scheme, clock, random: random.fork('apiserver'), admission, subresources })
  const user = { username: 'system:admin', groups: ['system:masters'] }
  const client = new Client({ transport: server, scheme, user, fieldManager: 'test' })
  for (const name of SYSTEM_NAMESPACES)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } } as ApiObject)
  const informers = new Informers(client, clock)
  const stop = new AbortController()
  const errors: string[] = []
  const running: Promise<void>[] = []
  return {
    world,
    clock,
    store,
    server,
    client,
    informers,
    signal: stop.signal,
    errors,
    events: (component) => new EventRecorder({ client, clock, component }),
    async run(...controllers) {
      const onError = (name: string, key: string, error: Error): void => {
        errors.push(`${name} ${key}: ${error.message}`)
      }
      for (const controller of controllers) {
        running.push(runController(controller, { client, informers, clock, signal: stop.signal, onError }))
      }
      await clock.advance(0)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      informers.stop()
      await clock.advance(0)
      await Promise.all(running)
      store.close()
    },
  }
}
