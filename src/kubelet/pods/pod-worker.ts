import { deepEqual } from '../../base/equal.ts'
import type { Pod, PodStatus } from '../../api/types.generated.ts'
import { isConflict, isNotFound } from '../../client/client.ts'
import type { EventNote } from '../../client/events.ts'
import type { Timer } from '../../world/clock.ts'
import type { KubeletDeps } from '../deps.ts'
import type { ImageQueue } from '../images/image-queue.ts'
import { ImagePuller } from '../images/image-puller.ts'
import type { NodeAgent } from '../nodes/node-agent.ts'
import type { FieldContext } from '../volumes/downward-api.ts'
import { adoptStatus } from './adopt.ts'
import { ContainerWorker } from './container-worker.ts'
import { EventBudget } from '../../client/event-budget.ts'
import {
  type ContainerFacts,
  containersOf,
  newContainerFacts,
  newPodFacts,
  type PodEnd,
  type PodFacts,
} from './facts.ts'
import { printGoDuration } from './go-duration.ts'
import { Mounting } from './mounting.ts'
import { activeDeadlineMs, plan, type Plan } from './plan.ts'
import { fieldPathOf, type PodContext, printPod } from './pod-context.ts'
import { podStatus } from './pod-status.ts'
import { PodResize } from './resize.ts'

/** How long until a sandbox that could not be made is tried again: kubernetes/kubernetes pkg/kubelet/kubelet.go, backOffPeriod. */
const SANDBOX_RETRY_MS = 10_000

export interface PodWorkerOptions {
  readonly deps: KubeletDeps
  readonly agent: NodeAgent
  readonly pod: Pod
  /** The pod wants to be synced. */
  readonly onChange: (worker: PodWorker) => void
  /** What its containers can use has changed. */
  readonly onUsage: () => void
}

/**
 * The life of one pod on its node.
 *
 * Invariants:
 *  1. `sync` is never under way twice at once for one pod: the caller sees to it.
 *  2. What is decided is shown first: the status is written before the next action changes it, except that a pod whose
 *     containers are being started one after the other is not shown half-way.
 *  3. The pod is deleted from the API only after its last status was written and nothing of it runs.
 */
export class PodWorker implements PodContext {
  readonly deps: KubeletDeps
  readonly facts: PodFacts
  readonly budget: EventBudget
  readonly #agent: NodeAgent
  readonly #onChange: (worker: PodWorker) => void
  readonly #onUsage: () => void
  readonly #puller: ImagePuller
  readonly #mounting: Mounting
  readonly #resize: PodResize
  readonly #containers = new Map<ContainerFacts, ContainerWorker>()
  #timer: Timer | undefined
  /** The status that is just being written: its coming back is no news. */
  #writing: PodStatus | undefined
  #isAdmitted = false
  #isSandboxLost = false
  #isReleased = false
  #isGone = false

  constructor(options: PodWorkerOptions) {
    const { deps, agent, pod } = options
    const nowMs = deps.clock.now()
    this.deps = deps
    this.#agent = agent
    this.#onChange = options.onChange
    this.#onUsage = options.onUsage
    this.facts = newPodFacts(pod, { hostIp: agent.ip, nowMs })
    this.budget = new EventBudget(nowMs)
    this.#puller = new ImagePuller(this)
    this.#mounting = new Mounting(this)
    this.#resize = new PodResize(this, agent)
    const hasRun = adoptStatus(this.facts, pod)
    for (const facts of this.facts.containers) this.#employ(facts)
    this.#observeEnd()
    if (hasRun) this.#adopt()
  }

  get node(): string {
    return this.#agent.name
  }

  get uid(): string {
    return this.facts.pod.metadata.uid ?? ''
  }

  /** Nothing of the pod runs any more, and what it held is given back. */
  get isReleased(): boolean {
    return this.#isReleased
  }

  get images(): ImageQueue {
    return this.#agent.images
  }

  fields(): FieldContext {
    const { pod, ip, hostIp } = this.facts
    return { pod, podIp: ip ?? '', hostIp, allocatable: this.#agent.allocatable }
  }

  container(name: string): ContainerWorker | undefined {
    for (const worker of this.#containers.values()) if (worker.facts.spec.name === name) return worker
    return undefined
  }

  containers(): Iterable<ContainerWorker> {
    return this.#containers.values()
  }

  changed(): void {
    if (!this.#isGone) this.#onChange(this)
  }

  usageChanged(): void {
    this.#onUsage()
  }

  event(note: EventNote, container?: ContainerFacts): void {
    if (!this.budget.take(this.deps.clock.now())) return
    const fieldPath = container === undefined ? {} : { fieldPath: fieldPathOf(container) }
    this.#agent.record(this.facts.pod, { ...note, ...fieldPath })
  }

  awaitReferences(): void {
    this.deps.references.whenChanged(this.facts.pod.metadata.namespace ?? '', this)
  }

  /** Something in the namespace that this pod may have waited for has changed. */
  referencesChanged(): void {
    for (const container of this.facts.containers) {
      if (container.waiting?.reason === 'CreateContainerConfigError') container.retryAtMs = 0
    }
    this.changed()
  }

  /** Other pods of the node have given up resources. */
  resourcesFreed(): void {
    if (this.#resize.isDeferred) this.changed()
  }

  /** The API has a newer version of the pod. */
  update(pod: Pod): void {
    const { facts } = this
    const old = facts.pod
    facts.pod = pod
    if (pod.spec !== old.spec) this.#adoptSpec()
    this.#observeEnd()
    if (pod.spec === old.spec && pod.status !== undefined && pod.status === this.#writing) return
    this.changed()
  }

  /** The API has the pod no more: nothing is left to be told. */
  gone(): void {
    this.stop()
    this.#release()
  }

  /** Lets go of every timer and container. */
  stop(): void {
    this.#isGone = true
    this.#timer?.cancel()
    for (const worker of this.#containers.values()) worker.remove()
  }

  evict(message: string): void {
    if (this.facts.end !== undefined) return
    this.event({ type: 'Warning', reason: 'Evicted', message })
    this.#end({ why: 'evicted', graceMs: 0, reason: 'Evicted', message, isDisruption: true })
    this.changed()
  }

  /** The machine lost its power: whatever ran is no more, and comes back in a new sandbox. */
  crash(): void {
    const finishedAtMs = this.deps.clock.now()
    for (const worker of this.#containers.values()) worker.crash(finishedAtMs)
    if (this.facts.isPrepared && this.facts.end === undefined) {
      this.facts.isPrepared = false
      this.facts.hasInitialized = false
      this.facts.ip = undefined
      this.#isSandboxLost = true
      this.#agent.releaseIp(this.uid)
    }
    this.changed()
  }

  /** Shows the pod as it is, decides what is next, and does it. */
  async sync(): Promise<void> {
    if (this.#isGone || this.#agent.isFailed) return
    const nowMs = this.deps.clock.now()
    this.#timer?.cancel()
    this.#considerAdmission()
    this.#considerDeadline(nowMs)
    this.#considerDefinitions()
    this.#resize.consider()
    if (plan(this.facts, nowMs).isComplete === true) this.#end({ why: 'completed', graceMs: this.graceMs() })
    const isOver = this.facts.end !== undefined && plan(this.facts, nowMs).isOver === true
    if (isOver) this.#release()
    if (!this.#isHalfWay() && !(await this.#show(isOver))) return
    if (this.#isGone) return
    this.#resize.actuate((container, resources) => this.#containers.get(container)?.handle?.resize(resources))
    this.#act(plan(this.facts, this.deps.clock.now()))
    if (isOver && this.facts.pod.metadata.deletionTimestamp !== undefined) await this.#remove()
  }

  graceMs(): number {
    return (this.facts.pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000
  }

  #act(decided: Plan): void {
    if (decided.prepare === true) {
      const retryAtMs = this.#prepare()
      if (retryAtMs === undefined) this.#act(plan(this.facts, this.deps.clock.now()))
      else this.#wakeAt(Math.min(retryAtMs, decided.wakeAtMs ?? retryAtMs))
      return
    }
    for (const container of decided.backOff) this.#showBackOff(container)
    for (const container of decided.stop) this.#stop(container)
    for (const container of decided.release ?? []) this.#containers.get(container)?.release()
    if (decided.start !== undefined) this.#containers.get(decided.start)?.start()
    if (decided.wakeAtMs !== undefined) this.#wakeAt(decided.wakeAtMs)
  }

  #wakeAt(atMs: number): void {
    const { clock } = this.deps
    this.#timer?.cancel()
    this.#timer = clock.schedule(atMs - clock.now(), () => this.changed())
  }

  /** Mounts volumes and makes the sandbox. Undefined when that is done; else when to try again. */
  #prepare(): number | undefined {
    const { facts } = this
    const retryAtMs = this.#mounting.attempt()
    if (retryAtMs !== undefined) return retryAtMs
    const ip = facts.pod.spec.hostNetwork === true ? facts.hostIp : this.#agent.takeIp(this.uid)
    if (ip === undefined) {
      const why = `no IP addresses available in range set: ${this.#agent.podCidr}`
      const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: ${why}`
      this.event({ type: 'Warning', reason: 'FailedCreatePodSandBox', message })
      return this.deps.clock.now() + SANDBOX_RETRY_MS
    }
    facts.ip = ip
    facts.isPrepared = true
    if (this.#isSandboxLost) {
      const message = 'Pod sandbox changed, it will be killed and re-created.'
      this.event({ type: 'Normal', reason: 'SandboxChanged', message })
      this.#isSandboxLost = false
    }
    this.#missPullSecrets()
    return undefined
  }

  /** kubernetes/kubernetes pkg/kubelet/kubelet_pods.go: getPullSecretsForPod */
  #missPullSecrets(): void {
    const { metadata, spec } = this.facts.pod
    const missing = (spec.imagePullSecrets ?? [])
      .map(({ name = '' }) => name)
      .filter((name) => this.deps.references.secret(metadata.namespace ?? '', name) === undefined)
    if (missing.length === 0) return
    const list = missing.join(', ')
    const message = `Unable to retrieve some image pull secrets (${list}); attempting to pull the image may not succeed.`
    this.event({ type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message })
  }

  #showBackOff(container: ContainerFacts): void {
    if (container.waiting?.reason === 'CrashLoopBackOff') return
    const { name } = container.spec
    const pod = printPod(this.facts)
    const delay = printGoDuration(container.backoff?.delayMs ?? 0)
    const message = `back-off ${delay} restarting failed container=${name} pod=${pod}`
    container.waiting = { reason: 'CrashLoopBackOff', message }
    const note = `Back-off restarting failed container ${name} in pod ${pod}`
    this.event({ type: 'Warning', reason: 'BackOff', message: note }, container)
    this.changed()
  }

  #stop(container: ContainerFacts): void {
    const { end } = this.facts
    const { condemned } = container
    const worker = this.#containers.get(container)
    if (end !== undefined) {
      const holds = container.role === 'sidecar'
      worker?.stop({ graceMs: end.graceMs, holds })
      // Its turn may have come already.
      if (holds) this.changed()
    } else if (condemned !== undefined) {
      container.isReplaced = condemned.replaces === true
      worker?.stop({ graceMs: condemned.graceMs ?? this.graceMs(), message: condemned.message })
    }
  }

  /**
   * Containers are started for the first time, one after the other: not shown before the last of them. Nor is the end of
   * one that is being replaced: the API lets none come back from its end in a pod that does not restart.
   */
  #isHalfWay(): boolean {
    if (this.facts.end !== undefined || this.facts.pod.status?.startTime === undefined) return false
    return this.facts.containers.some(
      ({ stage, run, isReplaced, waiting }) =>
        (stage === 'starting' && run === undefined) ||
        (isReplaced && waiting === undefined && (stage === 'starting' || stage === 'exited')),
    )
  }

  /** Writes the status if it differs. False when the write did not come through: there will be another sync. */
  async #show(isTerminal: boolean): Promise<boolean> {
    const { facts, deps } = this
    const status = podStatus(facts, {
      runtimeName: deps.runtime.name,
      nowMs: deps.clock.now(),
      isTerminal,
      resize: this.#resize.verdicts(),
    })
    if (facts.pod.status !== undefined && deepEqual(status, facts.pod.status)) return true
    this.#writing = status
    try {
      await deps.client.updateStatus(facts.pod, status)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      if (!isConflict(error)) throw error
      this.changed()
      return false
    } finally {
      this.#writing = undefined
    }
  }

  async #remove(): Promise<void> {
    try {
      await this.deps.client.deleteObject(this.facts.pod, { gracePeriodSeconds: 0 })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  #end(end: PodEnd): void {
    const { facts } = this
    if (facts.end !== undefined) return
    facts.end = end
    // What waits to be started will not be: what it last did is what remains to be shown.
    for (const container of facts.containers) if (container.run?.exit !== undefined) container.waiting = undefined
  }

  #considerAdmission(): void {
    if (this.#isAdmitted || this.facts.end !== undefined) return
    this.#isAdmitted = true
    const rejection = this.#agent.admit(this.facts.pod)
    if (rejection === undefined) return
    const { reason, message } = rejection
    this.event({ type: 'Warning', reason, message })
    this.#end({ why: 'rejected', graceMs: 0, reason, message: `Pod was rejected: ${message}` })
  }

  #considerDeadline(nowMs: number): void {
    const deadlineMs = activeDeadlineMs(this.facts)
    if (deadlineMs === undefined || nowMs < deadlineMs || this.facts.end !== undefined) return
    const message = 'Pod was active on the node longer than the specified deadline'
    this.event({ type: 'Normal', reason: 'DeadlineExceeded', message })
    this.#end({ why: 'deadline', graceMs: this.graceMs(), reason: 'DeadlineExceeded', message })
  }

  /** The API says that the pod is to go, or that it is over. */
  #observeEnd(): void {
    const { pod, end } = this.facts
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
    const phase = pod.status?.phase
    if (end === undefined && (phase === 'Failed' || phase === 'Succeeded')) {
      this.#end({ why: 'completed', graceMs: this.graceMs() })
    }
    if (deletionTimestamp === undefined) return
    const graceMs = (deletionGracePeriodSeconds ?? 30) * 1_000
    this.#end({ why: 'deleted', graceMs })
    for (const worker of this.#containers.values()) if (worker.facts.stage === 'stopping') worker.stop({ graceMs })
  }

  /** A change of the spec: new ephemeral containers, other images or resources. */
  #adoptSpec(): void {
    const { facts } = this
    const known = new Map(facts.containers.map((container) => [container.spec.name, container]))
    facts.containers = containersOf(facts.pod.spec).map(({ spec, role }) => {
      const container = known.get(spec.name)
      if (container === undefined) return this.#employ(newContainerFacts(spec, role))
      container.spec = spec
      return container
    })
  }

  /** A container that runs another image than the spec has now is replaced. */
  #considerDefinitions(): void {
    for (const container of this.facts.containers) {
      const { stage, run, spec } = container
      if (stage !== 'running' || run === undefined || run.specImage === (spec.image ?? '')) continue
      const message = `Container ${spec.name} definition changed, will be restarted`
      container.condemned ??= { message, replaces: true }
    }
  }

  #employ(facts: ContainerFacts): ContainerFacts {
    this.#containers.set(facts, new ContainerWorker(this, facts, this.#puller))
    return facts
  }

  /** What ran before this process goes on. */
  #adopt(): void {
    this.#isAdmitted = true
    const { pod, ip, end } = this.facts
    if (end?.why === 'completed') this.#isReleased = true
    else {
      this.#agent.grant(this.uid, pod.spec)
      if (ip !== undefined && pod.spec.hostNetwork !== true) this.#agent.reserveIp(this.uid, ip)
    }
    for (const worker of this.#containers.values()) worker.adopt()
  }

  /** Gives back what the pod held of its node. */
  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#agent.release(this.uid)
    this.deps.references.forget(this.facts.pod.metadata.namespace ?? '', this)
  }
}
