import { Node } from '../../../api/kinds/core/node.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import type { Behaviour } from '../../../api/kinds/dabba/behaviour.ts'
import type { Container, ContainerImage } from '../../../api/types.generated.ts'
import type { Client } from '../../../client/client.ts'
import type { Informer } from '../../../client/informer.ts'
import type { Informers } from '../../../client/informers.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Program } from '../../../world/program.ts'
import type { Random } from '../../../world/random.ts'
import { internalIpOf } from '../../nodes/node-network.ts'
import type {
  AdoptRequest,
  Cancel,
  ContainerObserver,
  Exit,
  PullOutcome,
  PullRequest,
  RecallRequest,
  RunObserver,
  RunRequest,
  Runtime,
  RuntimeContainer,
  StoredImage,
} from '../../runtime.ts'
import type { FieldContext } from '../../volumes/downward-api.ts'
import { References } from '../../volumes/references.ts'
import { SimulatedContainer } from '../simulated/simulated-container.ts'
import type { SimulatedRuntime } from '../simulated/simulated-runtime.ts'
import { ProgramContainer } from './program-container.ts'
import type { PodNetwork } from '../pod-network.ts'
import { type Directory, VolumeStore } from './volume-store.ts'

/** How long programs have to end when the platform does. */
const STOP_MS = 10_000

/** What we have for an image; undefined where there is nothing but a simulation. */
export type ProgramCatalogue = (container: Pick<Container, 'image' | 'command'>) => Program | undefined

export interface ProgramRuntimeOptions {
  /** Runs whatever is not in the catalogue, and says what those that are use. */
  readonly simulated: SimulatedRuntime
  readonly programs: ProgramCatalogue
  readonly network: PodNetwork
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  /** Where volumes are kept, so that they outlive the process; in memory unless told. */
  readonly keep?: Directory
  readonly onError: (error: unknown) => void
}

/** Runs the containers whose image we have a program for; all others are simulated. */
export class ProgramRuntime implements Runtime {
  readonly name: string
  readonly version: string
  readonly #options: ProgramRuntimeOptions
  readonly #references: References
  readonly #volumes: VolumeStore
  readonly #pods: Informer<Pod>
  readonly #nodes: Informer<Node>
  readonly #running = new Set<ProgramContainer>()

  constructor(options: ProgramRuntimeOptions) {
    const { simulated, informers, keep, onError } = options
    this.name = simulated.name
    this.version = simulated.version
    this.#options = options
    this.#references = new References(informers)
    this.#volumes = new VolumeStore({ informers, onError, ...(keep === undefined ? {} : { keep }) })
    this.#pods = informers.of(Pod)
    this.#pods.handle({ updated: (pod, old) => this.#podChanged(pod, old) })
    this.#nodes = informers.of(Node)
  }

  image(node: string, image: string): StoredImage | undefined {
    return this.#options.simulated.image(node, image)
  }

  images(node: string): readonly StoredImage[] {
    return this.#options.simulated.images(node)
  }

  keep(node: string, images: readonly ContainerImage[]): void {
    this.#options.simulated.keep(node, images)
  }

  pull(request: PullRequest, done: (outcome: PullOutcome) => void): Cancel {
    return this.#options.simulated.pull(request, done)
  }

  run(request: RunRequest, observer: ContainerObserver): RuntimeContainer {
    const program = this.#options.programs(request.container)
    if (program === undefined) return this.#options.simulated.run(request, observer)
    const dice = this.#diceOf(request)
    const id = Buffer.from(dice.fork('id').bytes(32)).toString('hex')
    const container = this.#container(request, { program, dice, id, observer })
    container.create(observer)
    return container
  }

  adopt(request: AdoptRequest, observer: RunObserver): RuntimeContainer {
    const program = this.#options.programs(request.container)
    if (program === undefined) return this.#options.simulated.adopt(request, observer)
    this.keep(request.node, [{ names: [request.image.name], sizeBytes: request.image.sizeBytes }])
    const container = this.#container(request, { program, dice: this.#diceOf(request), id: request.id, observer })
    container.adopt(request.startedAtMs)
    return container
  }

  /** Of a program that ended in an earlier process nothing is left. */
  recall(request: RecallRequest, exit: Exit): RuntimeContainer | undefined {
    if (this.#options.programs(request.container) !== undefined) return undefined
    return this.#options.simulated.recall(request, exit)
  }

  /** Lets every program end: what they hold of the host is then given back. */
  async stop(): Promise<void> {
    const running = [...this.#running]
    if (running.length === 0) return
    for (const container of running) container.terminate()
    const rested = new AbortController()
    const late = this.#options.clock.sleep(STOP_MS, rested.signal).catch(() => undefined)
    await Promise.race([Promise.allSettled(running.map(({ done }) => done)), late])
    rested.abort(new Error('all have ended'))
    for (const container of running) container.remove()
  }

  #container(
    request: RunRequest,
    rest: { readonly program: Program; readonly dice: Random; readonly id: string; readonly observer: RunObserver },
  ): ProgramContainer {
    const { network, client, clock, onError, simulated } = this.#options
    const { pod, container: spec, role } = request
    const behaviour = untilKilled(simulated.behaviourOf(pod, spec, role))
    const { dice, id, observer } = rest
    const container: ProgramContainer = new ProgramContainer({
      ...rest,
      request,
      network,
      client,
      clock,
      onError,
      references: this.#references,
      volumes: this.#volumes,
      fields: (of) => this.#fields(of),
      body: (told) => new SimulatedContainer({ clock, dice, id, behaviour, request, observer: told }),
      observer,
      released: () => this.#running.delete(container),
    })
    this.#running.add(container)
    return container
  }

  /** Files may show its labels and annotations. */
  #podChanged({ metadata }: Pod, { metadata: before }: Pod): void {
    if (metadata.labels === before.labels && metadata.annotations === before.annotations) return
    for (const container of this.#running) if (container.podUid === metadata.uid) container.podChanged()
  }

  /** The pod as it is now: labels and annotations change while it runs. */
  #fields({ pod, podIp, node }: RunRequest): FieldContext {
    const current = this.#pods.get(pod.metadata)
    const { status } = this.#nodes.get({ name: node }) ?? {}
    return {
      pod: current?.metadata.uid === pod.metadata.uid && current !== undefined ? current : pod,
      podIp,
      hostIp: internalIpOf(status) ?? '',
      allocatable: status?.allocatable ?? {},
    }
  }

  #diceOf({ pod, container, restartCount }: RunRequest): Random {
    return this.#options.random.fork(`${pod.metadata.uid}/${container.name}/${restartCount}`)
  }
}

/** What is used and how long creation takes are the model's; the end is the program's own. */
function untilKilled(behaviour: Behaviour): Behaviour {
  return { ...behaviour, runs: [{}], termination: { ...behaviour.termination, ignoresSignal: true } }
}
