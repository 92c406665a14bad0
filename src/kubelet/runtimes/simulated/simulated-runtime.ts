import { OWN_VERSION } from '../../../base/own-version.ts'
import type { Behaviour } from '../../../api/kinds/dabba/behaviour.ts'
import { jittered } from '../../../api/kinds/dabba/behaviour.ts'
import type { WorkloadModels } from '../../../api/kinds/dabba/workload-models.ts'
import type { Container, ContainerImage, Pod } from '../../../api/types.generated.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Random } from '../../../world/random.ts'
import type {
  AdoptRequest,
  Cancel,
  ContainerObserver,
  Exit,
  PullOutcome,
  PullRequest,
  RecallRequest,
  Role,
  RunObserver,
  RunRequest,
  Runtime,
  RuntimeContainer,
  StoredImage,
} from '../../runtime.ts'
import type { PodNetwork } from '../pod-network.ts'
import { ImageStore } from './image-store.ts'
import { SimulatedContainer, type WrittenLines } from './simulated-container.ts'

export interface SimulatedRuntimeOptions {
  readonly clock: Clock
  readonly random: Random
  /** The models in force now; asked anew for each run and each pull. */
  models(): WorkloadModels
  /** Where containers answer; without it nobody hears them. */
  readonly network?: PodNetwork
  readonly written?: WrittenLines
}

/**
 * Runs containers by saying how they behave: a WorkloadModel decides, or the defaults for what no model speaks of. Without
 * a model a container starts at once, is healthy and runs until it is stopped; an init container, and a container of a
 * pod whose restartPolicy is not Always, ends with code 0 after one second.
 *
 * All dice of one run come from the pod's UID, the container's name and its restart count, so that a run taken up again
 * after a restart of the process goes on as it would have.
 */
export class SimulatedRuntime implements Runtime {
  readonly name = 'dabba'
  readonly version: string
  readonly #options: SimulatedRuntimeOptions
  readonly #images = new ImageStore()
  /** Pulls that the model let fail, by node and image. */
  readonly #failures = new Map<string, number>()

  constructor(options: SimulatedRuntimeOptions & { version?: string }) {
    this.version = `dabba://${options.version ?? OWN_VERSION}`
    this.#options = options
  }

  image(node: string, image: string): StoredImage | undefined {
    return this.#images.get(node, image)
  }

  images(node: string): readonly StoredImage[] {
    return this.#images.list(node)
  }

  keep(node: string, images: readonly ContainerImage[]): void {
    for (const { names = [], sizeBytes = 0 } of images) {
      // A status names an image by digest and by tag; a nodes file only as pod specs do.
      const name = names.find((one) => !one.includes('@')) ?? names[0]
      if (name !== undefined) this.#images.add(node, this.#images.describe(name, sizeBytes))
    }
  }

  pull({ node, pod, container }: PullRequest, done: (outcome: PullOutcome) => void): Cancel {
    const { image } = this.behaviourOf(pod, container, 'main')
    const name = container.image ?? ''
    // A node keeps what it has pulled: pulling again only asks the registry whether it is still the newest.
    const isPresent = this.image(node, name) !== undefined && image.error === undefined
    const dice = this.#options.random.fork(`pull/${pod.metadata.uid}/${container.name}`)
    const delayMs = isPresent ? 0 : Math.round(jittered(image.pullMs, image.jitterRatio, () => dice.next()))
    const timer = this.#options.clock.schedule(delayMs, () => done(this.#pulled(node, name, image)))
    return () => timer.cancel()
  }

  run(request: RunRequest, observer: ContainerObserver): RuntimeContainer {
    const dice = this.#diceOf(request)
    const id = Buffer.from(dice.fork('id').bytes(32)).toString('hex')
    const container = this.#container(request, { dice, id, observer })
    container.create(observer)
    return container
  }

  adopt(request: AdoptRequest, observer: RunObserver): RuntimeContainer {
    this.#images.add(request.node, request.image)
    const container = this.#container(request, { dice: this.#diceOf(request), id: request.id, observer })
    container.begin(request.startedAtMs)
    return container
  }

  recall(request: RecallRequest, exit: Exit): RuntimeContainer {
    const container = this.#container(request, { dice: this.#diceOf(request), id: request.id, observer: NOBODY })
    container.recall(request.startedAtMs, exit)
    return container
  }

  behaviourOf(pod: Pod, container: Container, role: Role): Behaviour {
    const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always'
    return this.#options.models().behaviourOf({
      namespace: pod.metadata.namespace ?? '',
      labels: pod.metadata.labels,
      image: container.image ?? '',
      name: container.name,
      runsToEnd: role === 'init' || (role === 'main' && policy !== 'Always'),
      requests: container.resources?.requests,
      limits: container.resources?.limits,
    })
  }

  #diceOf({ pod, container, restartCount }: RunRequest): Random {
    return this.#options.random.fork(`${pod.metadata.uid}/${container.name}/${restartCount}`)
  }

  #container(
    request: RunRequest,
    rest: { readonly dice: Random; readonly id: string; readonly observer: RunObserver },
  ): SimulatedContainer {
    const behaviour = this.behaviourOf(request.pod, request.container, request.role)
    const { clock, network, written } = this.#options
    return new SimulatedContainer({ clock, network, written, behaviour, request, ...rest })
  }

  #pulled(node: string, image: string, { error, sizeBytes }: Behaviour['image']): PullOutcome {
    if (error !== undefined) {
      const key = `${node}/${image}`
      const failures = this.#failures.get(key) ?? 0
      if (failures < error.attemptsMax) {
        this.#failures.set(key, failures + 1)
        return { error: error.message }
      }
    }
    const stored = this.#images.describe(image, sizeBytes)
    this.#images.add(node, stored)
    return { image: stored }
  }
}

const NOBODY: RunObserver = { exceededStorage: () => undefined, exited: () => undefined }
