import { isConflict, isNotFound } from '../../client/client.ts'
import type { EventNote } from '../../client/events.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Pod, PodStatus } from '../../api/types.generated.ts'
import type { Timer } from '../../world/clock.ts'
import type { KubeletDeps } from '../deps.ts'
import type { ImageQueue } from '../images/image-queue.ts'
import { ImagePuller } from '../images/image-puller.ts'
import type { NodeAgent } from '../nodes/node-agent.ts'
import { ContainerWorker } from './container-worker.ts'
import { EventBudget } from './event-budget.ts'
import {
  type ContainerFacts,
  containersOf,
  newContainerFacts,
  newPodFacts,
  type PodEnd,
  type PodFacts,
} from './facts.ts'
import { printGoDuration } from './go-duration.ts'
import { activeDeadlineMs, plan, type Plan } from './plan.ts'
import { fieldPathOf, type PodContext, printPod } from './pod-context.ts'
import { podStatus } from './pod-status.ts'
import type { FieldContext } from '../volumes/downward-api.ts'
import { volumeProblem } from '../volumes/volume-problem.ts'

/** The first wait before a mount that failed is tried again, and the longest (kubernetes/kubernetes pkg/util/goroutinemap/exponentialbackoff). */
const MOUNT_RETRY_MIN_MS = 500
const MOUNT_RETRY_MAX_MS = 122_000

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
  readonly #puller: ImagePuller
  readonly #containers = new Map<ContainerFacts, ContainerWorker>()
  #timer: Timer | undefined
  #mount = { retryAtMs: 0, delayMs: 0 }
  #isReleased = false
  #isGone = false

  constructor(options: { deps: KubeletDeps; agent: NodeAgent; pod: Pod; onChange: (worker: PodWorker) => void }) {
    const { deps, agent, pod } = options
    const nowMs = deps.clock.now()
    this.deps = deps
    this.#agent = agent
    this.#onChange = options.onChange
    this.facts = newPodFacts(pod, { hostIp: agent.ip, nowMs })
    this.budget = new EventBudget(nowMs)
    this.#puller = new ImagePuller(this)
    for (const facts of this.facts.containers) this.#adoptFacts(facts)
    this.#observeDeletion()
  }

  get node(): string {
    return this.#agent.name
  }

  get images(): ImageQueue {
    return this.#agent.images
  }

  fields(): FieldContext {
    const { pod, ip, hostIp } = this.facts
    return { pod, podIp: ip ?? '', hostIp, allocatable: this.#agent.allocatable }
  }

  get uid(): string {
    return this.facts.pod.metadata.uid ?? ''
  }

  container(name: string): ContainerWorker | undefined {
    for (const worker of this.#containers.values()) if (worker.facts.spec.name === name) return worker
    return undefined
  }

  changed(): void {
    if (!this.#isGone) this.#onChange(this)
  }

  event(note: EventNote, container?: ContainerFacts): void {
    if (!this.budget.take(this.deps.clock.now())) return
    const fieldPath = container === undefined ? {} : { fieldPath: fieldPathOf(container) }
    this.#agent.record(this.facts.pod, { ...note, ...fieldPath })
  }

  /** The API has a newer version of the pod. */
  update(pod: Pod): void {
    const { facts } = this
    const old = facts.pod
    facts.pod = pod
    if (pod.spec !== old.spec) this.#adoptSpec()
    this.#observeDeletion()
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

  /** Shows the pod as it is, decides what is next, and does it. */
  async sync(): Promise<void> {
    if (this.#isGone || this.#agent.isFailed) return
    const nowMs = this.deps.clock.now()
    this.#timer?.cancel()
    this.#considerDeadline(nowMs)
    const before = plan(this.facts, nowMs)
    if (before.isComplete === true) this.#end({ why: 'completed', graceMs: this.#graceMs() })
    const isOver = before.isOver === true
    if (isOver) this.#release()
    if (!this.#isHalfWay() && !(await this.#show(isOver))) return
    if (this.#isGone) return
    this.#act(plan(this.facts, this.deps.clock.now()))
    if (isOver && this.facts.pod.metadata.deletionTimestamp !== undefined) await this.#remove()
  }

  #act(decided: Plan): void {
    if (decided.prepare === true) {
      if (this.#prepare()) this.#act(plan(this.facts, this.deps.clock.now()))
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

  /** Mounts volumes and makes the sandbox; or says what is missing, waits for it, and returns false. */
  #prepare(): boolean {
    const { clock, references } = this.deps
    const nowMs = clock.now()
    const problem = volumeProblem(this.fields(), references)
    if (problem === undefined) {
      this.facts.ip = this.facts.pod.spec.hostNetwork === true ? this.facts.hostIp : this.#agent.takeIp(this.uid)
      this.facts.isPrepared = true
      return true
    }
    this.awaitReferences()
    if (nowMs >= this.#mount.retryAtMs) {
      this.event({ type: 'Warning', reason: 'FailedMount', message: problem })
      const delayMs = Math.min(Math.max(MOUNT_RETRY_MIN_MS, this.#mount.delayMs * 2), MOUNT_RETRY_MAX_MS)
      this.#mount = { delayMs, retryAtMs: nowMs + delayMs }
    }
    this.#wakeAt(Math.min(this.#mount.retryAtMs, activeDeadlineMs(this.facts) ?? Number.POSITIVE_INFINITY))
    return false
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
    if (end !== undefined) worker?.stop({ graceMs: end.graceMs, holds: container.role === 'sidecar' })
    else if (condemned !== undefined) {
      worker?.stop({ graceMs: condemned.graceMs ?? this.#graceMs(), message: condemned.message })
    }
  }

  /** Containers are started for the first time, one after the other: not shown before the last of them. */
  #isHalfWay(): boolean {
    if (this.facts.end !== undefined || this.facts.pod.status?.startTime === undefined) return false
    return this.facts.containers.some(({ stage, run }) => stage === 'starting' && run === undefined)
  }

  /** Writes the status if it differs. False when the write did not come through: there will be another sync. */
  async #show(isTerminal: boolean): Promise<boolean> {
    const { facts, deps } = this
    const status: PodStatus = podStatus(facts, {
      runtimeName: deps.runtime.name,
      nowMs: deps.clock.now(),
      isTerminal,
    })
    if (facts.pod.status !== undefined && deepEqual(status, facts.pod.status)) return true
    try {
      await deps.client.updateStatus(facts.pod, status)
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      if (!isConflict(error)) throw error
      this.changed()
      return false
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

  #considerDeadline(nowMs: number): void {
    const deadlineMs = activeDeadlineMs(this.facts)
    if (deadlineMs === undefined || nowMs < deadlineMs || this.facts.end !== undefined) return
    const message = 'Pod was active on the node longer than the specified deadline'
    this.event({ type: 'Normal', reason: 'DeadlineExceeded', message })
    this.#end({ why: 'deadline', graceMs: this.#graceMs(), reason: 'DeadlineExceeded', message })
  }

  #observeDeletion(): void {
    const { pod, end } = this.facts
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
    if (deletionTimestamp === undefined) return
    const graceMs = (deletionGracePeriodSeconds ?? 30) * 1_000
    if (end === undefined) this.#end({ why: 'deleted', graceMs })
    else for (const worker of this.#containers.values()) if (worker.facts.stage === 'stopping') worker.stop({ graceMs })
  }

  /** A change of the spec: new ephemeral containers, another image, other resources. */
  #adoptSpec(): void {
    const { facts } = this
    const known = new Map(facts.containers.map((container) => [container.spec.name, container]))
    facts.containers = containersOf(facts.pod.spec).map(({ spec, role }) => {
      const container = known.get(spec.name)
      if (container === undefined) return this.#adoptFacts(newContainerFacts(spec, role))
      container.spec = spec
      if (container.stage === 'running' && container.run?.specImage !== (spec.image ?? '')) {
        container.condemned = { message: `Container ${spec.name} definition changed, will be restarted` }
      }
      return container
    })
  }

  #adoptFacts(facts: ContainerFacts): ContainerFacts {
    this.#containers.set(facts, new ContainerWorker(this, facts, this.#puller))
    return facts
  }

  /** Gives back what the pod held of its node. */
  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#agent.releaseIp(this.uid)
    this.deps.references.forget(this.facts.pod.metadata.namespace ?? '', this)
  }

  #graceMs(): number {
    return (this.facts.pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000
  }
}
