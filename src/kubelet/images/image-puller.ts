import type { ContainerFacts } from '../pods/facts.ts'
import { printGoDuration } from '../pods/go-duration.ts'
import type { PodContext } from '../pods/pod-context.ts'
import type { Cancel, StoredImage } from '../runtime.ts'

/** kubernetes/kubernetes pkg/kubelet/kubelet.go: imageBackOffPeriod and MaxImageBackOff. */
const BACKOFF_MIN_MS = 10_000
const BACKOFF_MAX_MS = 300_000
/** How long the failure of a pull is shown before the back-off: about when the kubelet looks at the pod again. */
const ERROR_SHOWN_MS = 1_000
/** How often an image that may not be pulled is looked for again. */
const NEVER_RETRY_MS = 60_000

export type ImageOutcome = { readonly image: StoredImage } | ImageFailure

export interface ImageFailure {
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull'
  readonly message: string
  readonly retryAtMs: number
}

/** Gets images for the containers of one pod. After kubernetes/kubernetes pkg/kubelet/images/image_manager.go. */
export class ImagePuller {
  readonly #context: PodContext
  /** By image: how its last pull failed. */
  readonly #failures = new Map<string, { delayMs: number; failedAtMs: number; message: string }>()

  constructor(context: PodContext) {
    this.#context = context
  }

  /** Sees to it that the node has the container's image. `done` may be called at once. */
  ensure(container: ContainerFacts, done: (outcome: ImageOutcome) => void): Cancel {
    const { deps, node } = this.#context
    const image = container.spec.image ?? ''
    const policy = container.spec.imagePullPolicy ?? (image.endsWith(':latest') ? 'Always' : 'IfNotPresent')
    const present = deps.runtime.image(node, image)
    if (present !== undefined && policy !== 'Always') {
      this.#tell(
        container,
        'Pulled',
        `Container image "${image}" already present on machine and can be accessed by the pod`,
      )
      done({ image: present })
      return NOTHING
    }
    const nowMs = deps.clock.now()
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`
      this.#context.event({ type: 'Warning', reason: 'ErrImageNeverPull', message }, container)
      done({ reason: 'ErrImageNeverPull', message, retryAtMs: nowMs + NEVER_RETRY_MS })
      return NOTHING
    }
    const failure = this.#failures.get(image)
    if (failure !== undefined && nowMs < failure.failedAtMs + failure.delayMs) {
      const message = `Back-off pulling image "${image}"`
      this.#tell(container, 'BackOff', message)
      done({
        reason: 'ImagePullBackOff',
        message: `${message}: ErrImagePull: ${failure.message}`,
        retryAtMs: failure.failedAtMs + failure.delayMs,
      })
      return NOTHING
    }
    return this.#pull(container, image, done)
  }

  #pull(container: ContainerFacts, image: string, done: (outcome: ImageOutcome) => void): Cancel {
    const { deps, node, facts, images } = this.#context
    const askedAtMs = deps.clock.now()
    this.#tell(container, 'Pulling', `Pulling image "${image}"`)
    return images.pull({ node, pod: facts.pod, container: container.spec }, (outcome, pulledMs) => {
      const nowMs = deps.clock.now()
      if ('image' in outcome) {
        const took = `${printGoDuration(pulledMs)} (${printGoDuration(nowMs - askedAtMs)} including waiting)`
        this.#failures.delete(image)
        const size = `Image size: ${outcome.image.sizeBytes} bytes.`
        this.#tell(container, 'Pulled', `Successfully pulled image "${image}" in ${took}. ${size}`)
        done(outcome)
        return
      }
      const { error } = outcome
      const before = this.#failures.get(image)
      const delayMs = before === undefined ? BACKOFF_MIN_MS : Math.min(before.delayMs * 2, BACKOFF_MAX_MS)
      this.#failures.set(image, { delayMs, failedAtMs: nowMs, message: error })
      this.#context.event(
        { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}": ${error}` },
        container,
      )
      done({ reason: 'ErrImagePull', message: error, retryAtMs: nowMs + ERROR_SHOWN_MS })
    })
  }

  #tell(container: ContainerFacts, reason: string, message: string): void {
    this.#context.event({ type: 'Normal', reason, message }, container)
  }
}

const NOTHING: Cancel = () => undefined
