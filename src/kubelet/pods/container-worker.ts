import type { LifecycleHandler } from '../../api/types.generated.ts'
import type { Timer } from '../../world/clock.ts'
import type { ImageOutcome, ImagePuller } from '../images/image-puller.ts'
import { Prober } from '../probes/prober.ts'
import type { Cancel, Exit, RunRequest, RuntimeContainer, StoredImage } from '../runtime.ts'
import { environmentOf } from '../volumes/environment.ts'
import type { ContainerFacts, RunFacts } from './facts.ts'
import { hookFailure, runHook } from './hooks.ts'
import { type PodContext, printPod } from './pod-context.ts'
import { raise } from './restart.ts'

/** No container is given less time than this to end (kubernetes/kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go). */
const GRACE_MIN_MS = 2_000
/** When the kubelet tries again what the runtime or the configuration refused: kubernetes/kubernetes pkg/kubelet/kubelet.go, backOffPeriod. */
const RETRY_MS = 10_000

/** Drives one container of a pod: starts it, probes it, stops it, and keeps its facts true. */
export class ContainerWorker {
  readonly facts: ContainerFacts
  readonly #context: PodContext
  readonly #puller: ImagePuller
  /** Of the run under way, or of the last one: its log is still read. */
  #handle: RuntimeContainer | undefined
  #previous: RuntimeContainer | undefined
  #prober: Prober | undefined
  /** Takes back the step of a start, or of a stop, that is under way. */
  #cancel: Cancel | undefined
  #stopping: Stopping | undefined

  constructor(context: PodContext, facts: ContainerFacts, puller: ImagePuller) {
    this.#context = context
    this.facts = facts
    this.#puller = puller
  }

  /** The run under way, or the last one. */
  get handle(): RuntimeContainer | undefined {
    return this.#handle
  }

  /** The run before. */
  get previousHandle(): RuntimeContainer | undefined {
    return this.#previous
  }

  /** Image, configuration, creation, postStart hook: one after the other, until the container runs or one of them fails. */
  start(): void {
    this.facts.stage = 'starting'
    this.facts.condemned = undefined
    this.#cancel = undefined
    const cancel = this.#puller.ensure(this.facts, (outcome) => this.#hasImage(outcome))
    this.#cancel ??= cancel
  }

  /** Takes up the runs of an earlier process: the one under way, and the logs of those that are over. */
  adopt(): void {
    const { facts } = this
    const { run, lastExit } = facts
    const { runtime, references } = this.#context.deps
    const environment = environmentOf(this.#context.fields(), facts.spec, references)
    const values = 'problem' in environment ? () => ({}) : environment.values
    const request = this.#request(facts.restartCount, values)
    if (lastExit !== undefined) {
      const before = { ...request, restartCount: facts.restartCount - 1 }
      this.#previous = runtime.recall({ ...before, ...lastExit }, lastExit)
    }
    if (run === undefined) return
    if (run.exit !== undefined) {
      this.#handle = runtime.recall({ ...request, id: run.id, startedAtMs: run.startedAtMs }, run.exit)
      return
    }
    const adopted = { ...request, id: run.id, startedAtMs: run.startedAtMs, image: run.image }
    const handle = runtime.adopt(adopted, {
      exceededStorage: (limit) => this.#exceededStorage(limit),
      exited: (exit) => this.#exited(exit),
    })
    this.#handle = handle
    this.#probe(handle)
    this.#context.usageChanged()
  }

  /** The end of a container that runs, or that is being started. `graceMs` counts from now; a second call can only shorten. */
  stop(options: { graceMs: number; message?: string; holds?: boolean }): void {
    const { facts } = this
    if (facts.stage === 'starting') {
      this.#cancel?.()
      if (facts.run === undefined || facts.run.exit !== undefined) {
        this.#settleStart(undefined)
        return
      }
      // Its postStart hook was under way: it runs.
      facts.stage = 'running'
    }
    if (facts.stage === 'stopping') {
      this.#hurry(options.graceMs)
      return
    }
    if (facts.stage !== 'running') return
    const nowMs = this.#context.deps.clock.now()
    facts.stage = 'stopping'
    facts.isHeld = options.holds === true
    this.#prober?.keepOnlyReadiness()
    const message = options.message ?? `Stopping container ${facts.spec.name}`
    this.#context.event({ type: 'Normal', reason: 'Killing', message }, facts)
    this.#stopping = { killAtMs: nowMs + options.graceMs, isSignalled: false, hookIsDone: false, timer: undefined }
    const hook = facts.spec.lifecycle?.preStop
    if (hook === undefined || options.graceMs <= 0) this.#hookDone()
    else this.#preStop(hook)
  }

  /**
   * The machine lost its power. A new sandbox begins with its init containers; those that were done run again only in
   * pods that always restart, since the API lets no other container leave its end.
   */
  crash(finishedAtMs: number): void {
    const { facts } = this
    this.#cancel?.()
    const isUp = facts.run !== undefined && facts.run.exit === undefined
    if (facts.stage === 'starting' && !isUp) this.#settleStart(undefined)
    if (isUp) {
      this.#handle?.remove()
      this.#exited({ code: 255, reason: 'Unknown', message: '', finishedAtMs })
    }
    facts.backoff = undefined
    const { run } = facts
    const alwaysRestarts = (this.#context.facts.pod.spec.restartPolicy ?? 'Always') === 'Always'
    if (facts.role !== 'init' || run?.exit === undefined || !alwaysRestarts) return
    facts.lastExit = { ...run.exit, id: run.id, startedAtMs: run.startedAtMs }
    facts.run = undefined
    facts.restartCount++
    facts.stage = 'absent'
  }

  /** A held sidecar's turn has come. */
  release(): void {
    this.facts.isHeld = false
    this.#maySignal()
  }

  /** Frees everything; a container that still runs is gone at once. */
  remove(): void {
    this.#cancel?.()
    this.#prober?.stop()
    this.#stopping?.timer?.cancel()
    this.#handle?.remove()
    this.#previous?.remove()
  }

  #hasImage(outcome: ImageOutcome): void {
    const { facts } = this
    this.#cancel = NOTHING
    if (!('image' in outcome)) {
      const { reason, message, retryAtMs } = outcome
      this.#context.event({ type: 'Warning', reason: 'Failed', message: `Error: ${reason}` }, facts)
      this.#settleStart({ reason, message, retryAtMs })
      return
    }
    const { deps } = this.#context
    const environment = environmentOf(this.#context.fields(), facts.spec, deps.references)
    if ('problem' in environment) {
      this.#context.event({ type: 'Warning', reason: 'Failed', message: `Error: ${environment.problem}` }, facts)
      const retryAtMs = deps.clock.now() + RETRY_MS
      this.#context.awaitReferences()
      this.#settleStart({ reason: 'CreateContainerConfigError', message: environment.problem, retryAtMs })
      return
    }
    this.#create(outcome.image, environment.values)
  }

  #create(image: StoredImage, environment: () => Readonly<Record<string, string>>): void {
    const { facts } = this
    const { deps } = this.#context
    const restartCount = facts.run === undefined ? facts.restartCount : facts.restartCount + 1
    const { granted } = facts
    const specImage = facts.spec.image ?? ''
    const handle = deps.runtime.run(this.#request(restartCount, environment), {
      started: () => {
        this.#previous?.remove()
        this.#previous = this.#handle
        this.#handle = handle
        this.#started(restartCount, { image, specImage, resources: granted })
      },
      failed: ({ reason, message }) => {
        this.#context.event({ type: 'Warning', reason: 'Failed', message: `Error: ${message}` }, facts)
        this.#settleStart({ reason, message, retryAtMs: deps.clock.now() + RETRY_MS })
      },
      exceededStorage: (limit) => this.#exceededStorage(limit),
      exited: (exit) => this.#exited(exit),
    })
    this.#cancel = () => handle.remove()
  }

  #request(restartCount: number, environment: () => Readonly<Record<string, string>>): RunRequest {
    const { spec, granted, role } = this.facts
    const { node, facts } = this.#context
    const container = granted === spec.resources || granted === undefined ? spec : { ...spec, resources: granted }
    return { node, pod: facts.pod, container, role, restartCount, podIp: facts.ip ?? '', environment }
  }

  #started(restartCount: number, made: Pick<RunFacts, 'image' | 'specImage' | 'resources'>): void {
    const { facts } = this
    const handle = this.#handle
    if (handle === undefined) return
    const nowMs = this.#context.deps.clock.now()
    const exit = facts.run?.exit
    if (facts.run !== undefined && exit !== undefined) {
      facts.backoff = raise(facts.backoff, { finishedAtMs: exit.finishedAtMs, nowMs })
      facts.lastExit = { ...exit, id: facts.run.id, startedAtMs: facts.run.startedAtMs }
    }
    facts.restartCount = restartCount
    if (facts.role === 'main') this.#context.facts.hasInitialized = true
    facts.run = { ...made, id: handle.id, startedAtMs: handle.startedAtMs }
    facts.isStarted = false
    facts.isReady = false
    this.#context.event({ type: 'Normal', reason: 'Created', message: 'Container created' }, facts)
    this.#context.event({ type: 'Normal', reason: 'Started', message: 'Container started' }, facts)
    const hook = facts.spec.lifecycle?.postStart
    this.#cancel = undefined
    if (hook === undefined) this.#up(handle)
    else this.#postStart(handle, hook)
  }

  #postStart(handle: RuntimeContainer, hook: LifecycleHandler): void {
    const { facts } = this
    const cancel = runHook(this.#context, { handle, name: 'postStart', hook }, (error) => {
      this.#cancel = undefined
      if (error === undefined) {
        this.#up(handle)
        return
      }
      this.#context.event({ type: 'Warning', reason: 'FailedPostStartHook', message: 'PostStartHook failed' }, facts)
      const message = hookFailure(hook, { error, container: facts.spec.name, pod: printPod(this.#context.facts) })
      facts.stage = 'running'
      facts.waiting = { reason: 'PostStartHookError', message }
      this.stop({ graceMs: this.#context.graceMs(), message: 'FailedPostStartHook' })
      this.#context.changed()
    })
    if (facts.stage === 'starting') this.#cancel = cancel
  }

  #up(handle: RuntimeContainer): void {
    const { facts } = this
    facts.stage = 'running'
    facts.isReplaced = false
    facts.waiting = undefined
    facts.retryAtMs = 0
    this.#probe(handle)
    this.#context.usageChanged()
    this.#context.changed()
  }

  #probe(handle: RuntimeContainer): void {
    const { facts } = this
    if (facts.role === 'main' || facts.role === 'sidecar') {
      this.#prober = new Prober(this.#context, facts, handle)
      this.#prober.begin()
    } else {
      facts.isStarted = true
    }
  }

  /** A start that ended without a running container. */
  #settleStart(failure: { reason: string; message: string; retryAtMs: number } | undefined): void {
    const { facts } = this
    this.#cancel = undefined
    facts.stage = facts.run === undefined ? 'absent' : 'exited'
    facts.waiting = failure === undefined ? undefined : { reason: failure.reason, message: failure.message }
    facts.retryAtMs = failure?.retryAtMs ?? 0
    this.#context.changed()
  }

  #preStop(hook: LifecycleHandler): void {
    const stopping = this.#stopping
    const handle = this.#handle
    if (stopping === undefined || handle === undefined) return
    const { clock } = this.#context.deps
    // A hook that outlives the grace is given up, and the container with it.
    stopping.timer = clock.schedule(stopping.killAtMs - clock.now(), () => this.#hookDone())
    this.#cancel = runHook(this.#context, { handle, name: 'preStop', hook }, (error) => {
      if (error !== undefined) {
        this.#context.event({ type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed' }, this.facts)
      }
      this.#hookDone()
    })
  }

  #hookDone(): void {
    const stopping = this.#stopping
    if (stopping === undefined || stopping.hookIsDone) return
    stopping.hookIsDone = true
    stopping.timer?.cancel()
    this.#cancel?.()
    this.#cancel = undefined
    if (this.facts.isHeld) {
      const { clock } = this.#context.deps
      stopping.timer = clock.schedule(stopping.killAtMs - clock.now(), () => this.release())
    }
    this.#maySignal()
  }

  #maySignal(): void {
    const stopping = this.#stopping
    if (stopping === undefined || stopping.isSignalled || !stopping.hookIsDone || this.facts.isHeld) return
    stopping.isSignalled = true
    stopping.timer?.cancel()
    this.#handle?.stop(Math.max(GRACE_MIN_MS, stopping.killAtMs - this.#context.deps.clock.now()))
  }

  /** The grace was cut short. */
  #hurry(graceMs: number): void {
    const stopping = this.#stopping
    if (stopping === undefined) return
    const killAtMs = this.#context.deps.clock.now() + graceMs
    if (killAtMs >= stopping.killAtMs) return
    stopping.killAtMs = killAtMs
    this.facts.isHeld = false
    this.#hookDone()
    if (stopping.isSignalled) this.#handle?.stop(graceMs)
  }

  #exited(exit: Exit): void {
    const { facts } = this
    this.#prober?.stop()
    this.#prober = undefined
    this.#stopping?.timer?.cancel()
    this.#stopping = undefined
    this.#cancel?.()
    this.#cancel = undefined
    facts.isHeld = false
    facts.isReady = false
    facts.isStarted = false
    facts.condemned = undefined
    facts.stage = 'exited'
    if (facts.run !== undefined) facts.run = { ...facts.run, exit }
    this.#context.usageChanged()
    this.#context.changed()
  }

  /** kubernetes/kubernetes pkg/kubelet/eviction/eviction_manager.go: containerEphemeralStorageLimitEviction */
  #exceededStorage(limit: string): void {
    this.#context.evict(`Container ${this.facts.spec.name} exceeded its local ephemeral storage limit "${limit}". `)
  }
}

interface Stopping {
  killAtMs: number
  isSignalled: boolean
  hookIsDone: boolean
  timer: Timer | undefined
}

const NOTHING: Cancel = () => undefined
