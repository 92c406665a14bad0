import { Pod } from '../api/kinds/core/pod.ts'
import { type Key, keyOf, printKey } from '../api/object.ts'
import { assert, AssertionError } from '../base/assert.ts'
import type { Client } from '../client/client.ts'
import { EventRecorder } from '../client/events.ts'
import type { Informers } from '../client/informers.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import { bindPod } from './bind-pod.ts'
import { Cluster } from './cluster.ts'
import type { PodInfo } from './pod-info.ts'
import { WATCHED, watchCluster } from './cluster-watch.ts'
import { DEFAULT_SCHEDULER_NAME, profilesOf, type SchedulerConfiguration } from './config.ts'
import { Evaluator, type Placement, type Refused } from './evaluator.ts'
import { fitError } from './fit-error.ts'
import { Nominator } from './nominator.ts'
import { objectsOfInformers } from './objects.ts'
import type { PluginContext } from './plugin.ts'
import type { PluginName } from './plugin-names.ts'
import { carryOut } from './preemption/carry-out.ts'
import { planPreemption } from './preemption/plan-preemption.ts'
import type { Victims } from './preemption/select-victims.ts'
import { type Profile, profileOf } from './profile.ts'
import { type QueuedPod, SchedulingQueue, type WaitingPods } from './queue/scheduling-queue.ts'
import { type Failure, reportFailure } from './report-failure.ts'
import type { AttemptResult, SchedulingObserver } from './scheduling-observer.ts'
import { SchedulingFailure } from './scheduling-failure.ts'
import { TaskSet } from './task-set.ts'
import { VolumeAssumptions } from './volumes/assumptions.ts'
import { assumeVolumes, bindVolumes, forgetVolumes, type VolumeDecision } from './volumes/bind-volumes.ts'

/** After so many pods others get their turn. */
const BATCH_MAX = 32
/** How many writes may be under way before the next pod has to wait. */
const WRITES_MAX = 256

export interface SchedulerOptions {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly events: EventRecorder
  readonly config?: SchedulerConfiguration
  readonly observer?: SchedulingObserver
  /** Told of writes that failed in a way that no retry mends; without it they end `run`. */
  onError?(doing: string, error: Error): void
}

/** A pod's turn. */
interface Attempt extends QueuedPod {
  readonly startedMs: number
}

/** A profile at work. */
interface Active {
  readonly profile: Profile
  readonly evaluator: Evaluator
  readonly context: PluginContext
  readonly events: EventRecorder
}

/**
 * Gives pods their nodes, as kube-scheduler's profiles do.
 *
 * Invariants:
 *  1. Pods are decided about one at a time, against everything that was decided before, written or not.
 *  2. A decision that cannot be written is taken back.
 *  3. Between two batches of decisions everybody else gets a turn.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #cluster = new Cluster()
  readonly #volumes = new VolumeAssumptions()
  readonly #nominator = new Nominator()
  /** Pods that were given a node which the server does not know of yet. */
  readonly #assumed = new Set<string>()
  /** Pods whose victims are being deleted. */
  readonly #preempting = new Set<string>()
  readonly #writes = new TaskSet(() => this.#wakeUp())
  /** Bindings that wait for volumes: they may take minutes, and keep nobody waiting. */
  readonly #waits = new TaskSet(() => this.#wakeUp())
  readonly #volumeListeners = new Set<() => void>()
  readonly #profiles = new Map<string, Active>()
  readonly #queue: SchedulingQueue
  #wake: (() => void) | undefined
  #signal: AbortSignal = AbortSignal.abort()

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { clock, config = {} } = options
    const objects = objectsOfInformers(options.informers)
    for (const settings of profilesOf(config)) {
      const context = { cluster: this.#cluster, objects, volumes: this.#volumes, args: settings.args }
      this.#profiles.set(settings.schedulerName, this.#activate(profileOf(settings), context))
    }
    const { podInitialBackoffSeconds: initial, podMaxBackoffSeconds: max } = config
    this.#queue = new SchedulingQueue({
      clock,
      contextOf: (info) => this.#activeFor(info).context,
      ...(initial === undefined ? {} : { initialBackoffMs: initial * 1_000 }),
      ...(max === undefined ? {} : { maxBackoffMs: max * 1_000 }),
      gate: (info) => this.#gate(info),
      onReady: () => this.#wakeUp(),
    })
  }

  /** How many pods wait for a node, by what they wait for. */
  waiting(): WaitingPods {
    return this.#queue.waiting()
  }

  /** Schedules until `signal` aborts; resolves when what was under way has come to rest. */
  async run(signal: AbortSignal): Promise<void> {
    const { informers, clock } = this.#options
    this.#signal = signal
    for (const kind of WATCHED) informers.of(kind)
    await informers.synced()
    if (signal.aborted) return
    const unwatch = watchCluster({
      informers,
      cluster: this.#cluster,
      queue: this.#queue,
      nominator: this.#nominator,
      assumed: this.#assumed,
      isOurs: ({ spec }) => this.#profiles.has(spec.schedulerName ?? DEFAULT_SCHEDULER_NAME),
      volumesChanged: () => {
        for (const listener of this.#volumeListeners) listener()
      },
    })
    const onAbort = (): void => this.#wakeUp()
    signal.addEventListener('abort', onAbort)
    try {
      for (let count = 0; !signal.aborted;) {
        this.#checkFailures()
        const queued = this.#queue.pop()
        if (queued === undefined) await this.#untilWoken()
        else {
          this.#schedule({ ...queued, startedMs: clock.now() })
          if (++count % BATCH_MAX === 0) await clock.yield()
          if (this.#writes.size >= WRITES_MAX) await this.#writes.below(WRITES_MAX)
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      unwatch()
      this.#queue.close()
      await this.#writes.below(1)
      await this.#waits.below(1)
    }
  }

  #activate(profile: Profile, context: PluginContext): Active {
    const { client, clock, random, events } = this.#options
    const { schedulerName } = profile.settings
    const evaluator = new Evaluator({
      profile,
      context,
      nominator: this.#nominator,
      random: random.fork(schedulerName),
    })
    const isDefault = schedulerName === DEFAULT_SCHEDULER_NAME
    return {
      profile,
      context,
      evaluator,
      events: isDefault ? events : new EventRecorder({ client, clock, component: schedulerName }),
    }
  }

  #activeFor({ pod }: PodInfo): Active {
    const active = this.#profiles.get(pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME)
    assert(active !== undefined, 'only pods of our profiles are queued')
    return active
  }

  #gate(info: PodInfo): PluginName | undefined {
    const { gates } = this.#activeFor(info).profile.settings
    // The server has said in the pod's condition that it is gated.
    if (gates && (info.pod.spec.schedulingGates?.length ?? 0) > 0) return 'SchedulingGates'
    return this.#preempting.has(info.uid) ? 'DefaultPreemption' : undefined
  }

  /** One scheduling cycle. */
  #schedule(attempt: Attempt): void {
    const { info } = attempt
    const active = this.#activeFor(info)
    if (info.pod.metadata.deletionTimestamp !== undefined) {
      this.#queue.delete(info.uid)
      const { namespace = '', name } = info.pod.metadata
      const message = `skip schedule deleting pod: ${namespace}/${name}`
      const note = { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message } as const
      this.#begin(message, active.events.record(info.pod, note))
      return
    }
    try {
      if (this.#cluster.nodeCount === 0) {
        this.#failed(info, { reason: 'Unschedulable', message: 'no nodes available to schedule pods', nominate: '' })
        this.#ended(attempt, 'unschedulable', active)
        return
      }
      const found = active.evaluator.find(info)
      this.#options.observer?.decided(this.#options.clock.now() - attempt.startedMs)
      if ('node' in found) this.#place(attempt, found, active)
      else {
        this.#refused(info, found, active)
        this.#ended(attempt, 'unschedulable', active)
      }
    } catch (error) {
      if (!(error instanceof SchedulingFailure)) throw error
      this.#failed(info, { reason: 'SchedulerError', message: error.message, nominate: '' })
      this.#ended(attempt, 'error', active)
    }
  }

  #ended({ startedMs }: Attempt, result: AttemptResult, { profile }: Active): void {
    const tookMs = this.#options.clock.now() - startedMs
    this.#options.observer?.attempted({ result, profile: profile.settings.schedulerName, tookMs })
  }

  #place(attempt: Attempt, { node }: Placement, active: Active): void {
    const { info } = attempt
    const target = this.#cluster.node(node)
    assert(target !== undefined, 'a pod is placed on a node that is there')
    const volumes = assumeVolumes(info, target, active.context)
    this.#cluster.placePod(info, node)
    this.#assumed.add(info.uid)
    this.#nominator.remove(info.uid)
    const binding = this.#bind(attempt, { node, volumes, active })
    if (volumes === undefined) this.#begin(`binding ${printKey(keyOf(info.pod))}`, binding)
    else this.#waits.start(binding)
  }

  /** The binding cycle: what was decided is written, or taken back. */
  async #bind(
    attempt: Attempt,
    { node, volumes, active }: { node: string; volumes: VolumeDecision | undefined; active: Active },
  ): Promise<void> {
    const { client, clock, observer } = this.#options
    const { info } = attempt
    try {
      if (volumes !== undefined) await this.#bindVolumes(volumes, node, active)
      await bindPod(info, node, client)
    } catch (error) {
      if (error instanceof AssertionError || !(error instanceof Error)) throw error
      if (volumes !== undefined) forgetVolumes(volumes, active.context)
      this.#takeBack(info)
      if (!this.#signal.aborted) {
        this.#failed(info, { reason: 'SchedulerError', message: error.message, nominate: '' })
        this.#ended(attempt, 'error', active)
      }
      return
    }
    this.#ended(attempt, 'scheduled', active)
    observer?.scheduled({ attempts: attempt.attempts, tookMs: clock.now() - attempt.activeSinceMs })
    if (volumes !== undefined) forgetVolumes(volumes, active.context)
    const { namespace = '', name } = info.pod.metadata
    await active.events.record(info.pod, {
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      message: `Successfully assigned ${namespace}/${name} to ${node}`,
    })
  }

  async #bindVolumes(volumes: VolumeDecision, node: string, { context }: Active): Promise<void> {
    const { client, clock } = this.#options
    const target = this.#cluster.node(node)
    if (target === undefined) throw new SchedulingFailure(`binding volumes: failed to get node "${node}"`)
    const onChange = (listener: () => void): (() => void) => {
      this.#volumeListeners.add(listener)
      return () => this.#volumeListeners.delete(listener)
    }
    try {
      await bindVolumes(volumes, target, { client, clock, context, onChange, signal: this.#signal })
    } catch (error) {
      if (!(error instanceof Error)) throw error
      throw new SchedulingFailure(`running PreBind plugin "VolumeBinding": ${error.message}`, { cause: error })
    }
  }

  #takeBack(info: PodInfo): void {
    if (!this.#assumed.delete(info.uid)) return
    this.#cluster.removePod(info.uid)
    this.#queue.changed({ event: 'AssignedPod/Delete', old: info })
  }

  #refused(info: PodInfo, refused: Refused, active: Active): void {
    const refusedBy = new Set<PluginName>()
    for (const { plugin } of refused.refusals.values()) if (plugin !== '') refusedBy.add(plugin)
    for (const plugin of refused.narrowedBy) refusedBy.add(plugin)
    const { beforehand } = refused
    if (beforehand !== undefined && beforehand.plugin !== '') refusedBy.add(beforehand.plugin)
    const { victims, message, nominate } = this.#preempt(info, refused, active)
    const failure: Failure = {
      reason: 'Unschedulable',
      message: fitError(refused, message),
      refusedBy,
      ...(nominate === undefined ? {} : { nominate }),
    }
    if (victims !== undefined) this.#makeRoom(info, victims, active)
    this.#failed(info, failure)
  }

  #preempt(info: PodInfo, refused: Refused, { profile, context }: Active): ReturnType<typeof planPreemption> {
    if (!profile.settings.preempts) return { message: '', nominate: '' }
    const nowMs = this.#options.clock.now()
    const random = this.#options.random
    return planPreemption(info, refused, { context: { ...context, nominator: this.#nominator, nowMs }, random })
  }

  /** Deletes victims while others are scheduled; the pod is not tried again before that is done. */
  #makeRoom(info: PodInfo, victims: Victims, { events }: Active): void {
    const { client, clock } = this.#options
    const newest = (key: Key): Pod | undefined => this.#newest(key)
    const work = async (): Promise<void> => {
      try {
        await clock.yield()
        await carryOut(info, victims, { client, clock, events, nominator: this.#nominator, newest })
        this.#preempting.delete(info.uid)
        this.#queue.ungate(info.uid, 'DefaultPreemption')
      } catch (error) {
        this.#preempting.delete(info.uid)
        this.#queue.activate(info.uid)
        throw error
      }
    }
    if (victims.pods.every(({ pod }) => pod.metadata.deletionTimestamp !== undefined)) return
    this.#preempting.add(info.uid)
    this.#options.observer?.preempted(victims.pods.length)
    this.#begin(`preempting for ${printKey(keyOf(info.pod))}`, work())
  }

  /** Back to the queue, and the world is told why. */
  #failed(info: PodInfo, failure: Failure): void {
    const newest = this.#newest(keyOf(info.pod))
    if (newest?.metadata.uid !== info.uid || (newest.spec.nodeName ?? '') !== '') {
      this.#queue.delete(info.uid)
      return
    }
    const now = this.#cluster.podInfo(newest, info)
    if (failure.refusedBy === undefined) this.#queue.returnAfterError(now)
    else this.#queue.returnUnschedulable(info.uid, failure.refusedBy)
    if (failure.nominate !== undefined) this.#nominator.nominate(now, failure.nominate)
    const { client, clock } = this.#options
    const { events } = this.#activeFor(info)
    const report = reportFailure(info.pod, failure, {
      client,
      events,
      nowMs: clock.now(),
      newest: (key) => this.#newest(key),
    })
    this.#begin(`reporting about ${printKey(keyOf(info.pod))}`, report)
  }

  #newest(key: Key): Pod | undefined {
    return this.#options.informers.of(Pod).get(key)
  }

  #begin(doing: string, work: Promise<void>): void {
    const { onError } = this.#options
    const task = work.catch((error: unknown) => {
      if (onError === undefined || error instanceof AssertionError || !(error instanceof Error)) throw error
      onError(doing, error)
    })
    this.#writes.start(task)
  }

  #checkFailures(): void {
    const failure = this.#writes.failure ?? this.#waits.failure
    if (failure !== undefined) throw failure
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
