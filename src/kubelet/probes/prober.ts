import type { Probe } from '../../api/types.generated.ts'
import type { Timer } from '../../world/clock.ts'
import type { ContainerFacts, PodFacts } from '../pods/facts.ts'
import type { PodContext } from '../pods/pod-context.ts'
import { restartsAfter } from '../pods/restart.ts'
import type { Cancel, ProbeName, ProbeOutcome, RuntimeContainer } from '../runtime.ts'

const WORDS: Readonly<Record<ProbeName, string>> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' }

/**
 * Probes one run of a container: startup first, then readiness and liveness. After kubernetes/kubernetes
 * pkg/kubelet/prober. A probe is due at its initial delay and then every period; where the runtime knows how long an
 * outcome holds, the asking in between is left out, because nothing would come of it.
 */
export class Prober {
  readonly #context: PodContext
  readonly #container: ContainerFacts
  readonly #handle: RuntimeContainer
  readonly #loops = new Map<ProbeName, ProbeLoop>()

  constructor(context: PodContext, container: ContainerFacts, handle: RuntimeContainer) {
    this.#context = context
    this.#container = container
    this.#handle = handle
  }

  /** Begins with the run. Without a probe for it, a container is started, and ready, at once. */
  begin(): void {
    const { spec } = this.#container
    if (spec.startupProbe !== undefined && !this.#container.isStarted) this.#loop('startup', spec.startupProbe)
    else this.#started()
  }

  /** A container on its way out is not restarted; its readiness goes on being told. */
  keepOnlyReadiness(): void {
    this.#loops.get('startup')?.stop()
    this.#loops.get('liveness')?.stop()
  }

  stop(): void {
    for (const loop of this.#loops.values()) loop.stop()
  }

  #started(): void {
    const { spec } = this.#container
    this.#container.isStarted = true
    if (spec.livenessProbe !== undefined) this.#loop('liveness', spec.livenessProbe)
    if (spec.readinessProbe === undefined) this.#container.isReady = true
    else this.#loop('readiness', spec.readinessProbe)
  }

  #loop(name: ProbeName, probe: Probe): void {
    const loop = new ProbeLoop({
      context: this.#context,
      container: this.#container,
      handle: this.#handle,
      name,
      probe,
      settled: (isSuccess) => this.#settled(name, probe, isSuccess),
    })
    this.#loops.set(name, loop)
    loop.begin()
  }

  /** As many outcomes in a row as the threshold asks for. */
  #settled(name: ProbeName, probe: Probe, isSuccess: boolean): void {
    const container = this.#container
    if (name === 'readiness') {
      if (container.isReady === isSuccess) return
      container.isReady = isSuccess
    } else if (isSuccess) {
      if (name !== 'startup') return
      this.#loops.get('startup')?.stop()
      this.#started()
    } else {
      this.keepOnlyReadiness()
      const graceSeconds = probe.terminationGracePeriodSeconds
      const suffix = restartsAfterFailure(container, this.#context.facts) ? ', will be restarted' : ''
      container.condemned = {
        message: `Container ${container.spec.name} failed ${name} probe${suffix}`,
        ...(graceSeconds === undefined ? {} : { graceMs: graceSeconds * 1_000 }),
      }
    }
    this.#context.changed()
  }
}

function restartsAfterFailure({ spec, role }: ContainerFacts, { pod }: PodFacts): boolean {
  return restartsAfter(1, { container: spec, role, podPolicy: pod.spec.restartPolicy })
}

interface ProbeLoopOptions {
  readonly context: PodContext
  readonly container: ContainerFacts
  readonly handle: RuntimeContainer
  readonly name: ProbeName
  readonly probe: Probe
  settled(isSuccess: boolean): void
}

/** One probe, period after period. */
class ProbeLoop {
  readonly #options: ProbeLoopOptions
  readonly #periodMs: number
  readonly #firstMs: number
  /** When it was due last: a timer of the host may fire a little early. */
  #dueMs = 0
  #last: boolean | undefined
  #inRow = 0
  #timer: Timer | undefined
  #cancel: Cancel | undefined
  #isStopped = false

  constructor(options: ProbeLoopOptions) {
    this.#options = options
    const { probe, handle, context } = options
    this.#periodMs = (probe.periodSeconds ?? 10) * 1_000
    const earliestMs = handle.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1_000
    this.#firstMs = Math.max(earliestMs, context.deps.clock.now())
  }

  begin(): void {
    this.#schedule(this.#firstMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#cancel?.()
  }

  #schedule(atMs: number): void {
    const { clock } = this.#options.context.deps
    this.#dueMs = atMs
    const delayMs = atMs - clock.now()
    if (delayMs <= 0) this.#ask()
    else this.#timer = clock.schedule(delayMs, () => this.#ask())
  }

  #ask(): void {
    const { handle, name, container, context } = this.#options
    const request = { name, container: container.spec, podIp: context.facts.ip ?? '' }
    this.#cancel = handle.probe(request, (outcome) => this.#answered(outcome))
  }

  #answered(outcome: ProbeOutcome): void {
    if (this.#isStopped) return
    const { name, probe, container, context } = this.#options
    const { isSuccess } = outcome
    const nowMs = context.deps.clock.now()
    if (!isSuccess) {
      const message = `${WORDS[name]} probe failed: ${outcome.output}`
      context.event({ type: 'Warning', reason: 'Unhealthy', message }, container)
    }
    this.#inRow = this.#last === isSuccess ? this.#inRow + 1 : 1
    this.#last = isSuccess
    const threshold = isSuccess ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
    const isSettled = this.#inRow >= threshold
    if (isSettled) this.#options.settled(isSuccess)
    if (this.#isStopped) return
    const nextMs = this.#dueAfter(Math.max(nowMs, this.#dueMs))
    if (!isSettled || outcome.holdsUntilMs === undefined) this.#schedule(nextMs)
    else this.#scheduleFrom(Math.max(nextMs, this.#worthAsking(outcome, nowMs)))
  }

  /** The first time at which an answer would make a difference: it may be another, or a failure may be told again. */
  #worthAsking({ isSuccess, holdsUntilMs = 0 }: ProbeOutcome, nowMs: number): number {
    return isSuccess ? holdsUntilMs : Math.min(holdsUntilMs, this.#options.context.budget.nextMs(nowMs))
  }

  #scheduleFrom(atMs: number): void {
    if (Number.isFinite(atMs)) this.#schedule(this.#dueAfter(atMs - 1))
  }

  /** The first due time after `atMs`. */
  #dueAfter(atMs: number): number {
    const periods = Math.floor((atMs - this.#firstMs) / this.#periodMs) + 1
    return this.#firstMs + Math.max(0, periods) * this.#periodMs
  }
}
