import { Job } from '../../api/kinds/batch/job.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import type { Key } from '../../api/object.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { JobCondition, JobStatus } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { printTime } from '../../world/clock.ts'
import { candidatesOf, claim } from '../pods/claim.ts'
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts'
import { ownedSource } from '../pods/pod-source.ts'
import { changesWorkload, isReady } from '../pods/pod-state.ts'
import { forAll, slowStart } from '../pods/slow-start.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { type BackOff, nextBackOff, NO_BACK_OFF } from './back-off.ts'
import { Released, untrack } from './finalizers.ts'
import { finishedCondition, isManagedElsewhere, isSuspended, isTracked, TRACKING_FINALIZER } from './job-facts.ts'
import { jobPods } from './job-pod.ts'
import { renderStatus, type Running, started, withSuspension } from './job-status.ts'
import { planPods } from './plan.ts'
import { type Tally, tallyOf } from './tally.ts'
import { settle, track } from './tracking.ts'
import { COMPLETED, deadlineMs, final, interim, isComplete, type Verdict, verdictOf, withCondition } from './verdict.ts'

/** What a round has done to the pods, and what it makes of the Job. */
interface Progress {
  readonly running: Running
  readonly verdict: Verdict | undefined
  readonly conditions: readonly JobCondition[]
  readonly startTime: string | undefined
  readonly failure: Error | undefined
  readonly waitMs: number | undefined
}

/** Runs pods until enough of them have succeeded, or it is clear that they will not. */
export class JobController implements Controller {
  readonly name = 'job'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps
  readonly #jobs: Informer<Job>
  readonly #pods: Informer<Pod>
  readonly #events: EventRecorder
  readonly #control: PodControl
  readonly #released: Released
  /** By UID; known only while the process lives, as upstream. */
  readonly #backOffs = new Map<string, BackOff>()
  /** The version of each Job that we wrote last, by UID, until the informer shows it. */
  readonly #written = new Map<string, string>()

  constructor(deps: WorkloadDeps) {
    const { client, informers } = deps
    this.#deps = deps
    this.#jobs = informers.of(Job)
    this.#pods = informers.of(Pod)
    this.#events = deps.events('job-controller')
    this.#control = new PodControl(client, this.#events)
    this.#released = new Released(this.#pods)
    const selectorOf = (job: Job) => matcherOfSelector(job.spec.selector)
    const pods = ownedSource(Pod, { informers, owner: Job, selectorOf })
    this.sources = [
      watches(Job as unknown as Kind),
      {
        kind: pods.kind,
        keys(pod, old) {
          return old === undefined || changesJob(pod as Pod, old as Pod) ? pods.keys(pod, old) : []
        },
      },
    ]
  }

  start({ informers }: ControllerContext): void {
    this.#deps.expectations.watch(informers)
    this.#jobs.handle({
      deleted: ({ metadata }) => {
        this.#backOffs.delete(metadata.uid ?? '')
        this.#written.delete(metadata.uid ?? '')
      },
    })
  }

  async reconcile(key: Key): Promise<Outcome> {
    // What is under way comes to rest first: many events make one round.
    await this.#deps.clock.yield()
    const found = this.#jobs.get(key)
    if (found === undefined || isManagedElsewhere(found)) return DONE
    if (finishedCondition(found) !== undefined) {
      this.#backOffs.delete(found.metadata.uid ?? '')
      return DONE
    }
    if (this.#isOutdated(found)) return DONE
    const { client, clock, expectations } = this.#deps
    const nowMs = clock.now()
    const isUpToDate = expectations.isSatisfied(found.metadata.uid ?? '')
    const { matches } = matcherOfSelector(found.spec.selector)
    const candidates = candidatesOf(this.#pods, found)
    const finalizer = TRACKING_FINALIZER
    const pods = await claim(candidates, { client, kind: Pod, owner: found, matches, finalizer })
    const job = started(found, nowMs)
    const tally = tallyOf(job, pods, (pod) => this.#released.has(pod))
    const backOff = nextBackOff(this.#backOff(job), tally.newSucceeded, tally.newFailed)
    const progress = await this.#proceed(job, tally, { backOff, nowMs, isUpToDate })
    await this.#count(found, tally, { progress, backOff })
    if (progress.failure !== undefined) throw progress.failure
    const deadline = deadlineMs(job)
    const waits = [progress.waitMs, deadline === undefined ? undefined : deadline - nowMs]
    const pending = waits.filter((wait) => wait !== undefined).filter((wait) => wait > 0)
    return pending.length === 0 ? DONE : requeueAfter(Math.min(...pending))
  }

  /** A status older than our own would have us make pods again for those that it does not count yet. */
  #isOutdated({ metadata }: Job): boolean {
    const uid = metadata.uid ?? ''
    const written = this.#written.get(uid)
    if (written === undefined) return false
    if (Number(metadata.resourceVersion) < Number(written)) return true
    this.#written.delete(uid)
    return false
  }

  #backOff({ metadata }: Job): BackOff {
    return this.#backOffs.get(metadata.uid ?? '') ?? NO_BACK_OFF
  }

  /** Ends a Job that is decided; else creates and deletes pods. */
  async #proceed(
    job: Job,
    tally: Tally,
    round: { readonly backOff: BackOff; readonly nowMs: number; readonly isUpToDate: boolean },
  ): Promise<Progress> {
    const verdict = verdictOf(job, tally, round.nowMs)
    const conditions = job.status?.conditions ?? []
    const startTime = job.status?.startTime
    if (verdict !== undefined) {
      const { running, failure } = await this.#deletePods(job, tally, { pods: tally.active, keepsFinalizer: true })
      const isOver = running.active === 0 && round.isUpToDate
      return { running, verdict: isOver ? verdict : undefined, conditions, startTime, failure, waitMs: undefined }
    }
    const isManaged = round.isUpToDate && job.metadata.deletionTimestamp === undefined
    const { running, failure, waitMs } = isManaged ? await this.#manage(job, tally, round) : unmanaged(tally)
    const rest = { running, failure, waitMs }
    if (isComplete(job, tally, running.active)) return { ...rest, verdict: COMPLETED, conditions, startTime }
    if (!isManaged) return { ...rest, verdict: undefined, conditions, startTime }
    return { ...rest, verdict: undefined, ...(await this.#tellSuspension(job, round.nowMs)) }
  }

  async #tellSuspension(job: Job, nowMs: number): Promise<Pick<Progress, 'conditions' | 'startTime'>> {
    const before = job.status?.conditions ?? []
    const conditions = withSuspension(before, { job, nowMs })
    if (conditions === before) return { conditions, startTime: job.status?.startTime }
    const [reason, message] = isSuspended(job) ? ['Suspended', 'Job suspended'] : ['Resumed', 'Job resumed']
    await this.#events.record(job, { type: 'Normal', reason: reason as string, message: message as string })
    // The deadline counts the time that a Job was active without a break.
    return { conditions, startTime: isSuspended(job) ? job.status?.startTime : printTime(nowMs) }
  }

  async #manage(
    job: Job,
    tally: Tally,
    { backOff, nowMs }: { readonly backOff: BackOff; readonly nowMs: number },
  ): Promise<Pick<Progress, 'running' | 'failure' | 'waitMs'>> {
    const { remove, create, waitMs } = planPods(job, tally, { backOff, nowMs })
    if (remove.length > 0) {
      return { ...(await this.#deletePods(job, tally, { pods: remove, keepsFinalizer: false })), waitMs }
    }
    const { created, failure } = await this.#createPods(job, tally, create)
    return { running: { ...runningOf(tally), active: tally.active.length + created }, failure, waitMs }
  }

  async #createPods(
    job: Job,
    tally: Tally,
    indexes: readonly number[],
  ): Promise<{ created: number; failure: Error | undefined }> {
    if (indexes.length === 0) return { created: 0, failure: undefined }
    const { clock, expectations } = this.#deps
    const uid = job.metadata.uid ?? ''
    const podFor = jobPods(job)
    expectations.expectCreations(uid, indexes.length)
    const { successes, failure } = await slowStart(indexes.length, clock, (position) => {
      const index = indexes[position] ?? 0
      return this.#control.create(podFor(index, tally.indexes.delayed.get(index)), job)
    })
    if (successes < indexes.length) expectations.lowerCreations(uid, indexes.length - successes)
    return { created: successes, failure: isNamespaceTerminating(failure) ? undefined : failure }
  }

  /** Pods of a Job that goes on count for nothing once they are deleted; those of one that is over have to be counted. */
  async #deletePods(
    job: Job,
    tally: Tally,
    { pods, keepsFinalizer }: { readonly pods: readonly Pod[]; readonly keepsFinalizer: boolean },
  ): Promise<{ running: Running; failure: Error | undefined }> {
    const { client, clock, expectations } = this.#deps
    const uid = job.metadata.uid ?? ''
    const running = { ...runningOf(tally) }
    expectations.expectDeletions(uid, pods)
    const failure = await forAll(pods, clock, async (pod) => {
      let isSeen = false
      try {
        if (!keepsFinalizer) await untrack(client, pod)
        isSeen = await this.#control.delete(pod, job)
      } finally {
        if (!isSeen) expectations.lowerDeletion(uid, pod)
      }
      running.active--
      running.terminating++
      if (isReady(pod)) running.ready--
    })
    return { running, failure }
  }

  /** Notes ended pods, takes their finalizers off, counts them; at last says that the Job is finished. */
  async #count(
    job: Job,
    tally: Tally,
    { progress, backOff }: { readonly progress: Progress; readonly backOff: BackOff },
  ): Promise<void> {
    const { client, clock } = this.#deps
    const nowMs = clock.now()
    const { running, verdict, startTime } = progress
    const isReleased = (pod: Pod): boolean => this.#released.has(pod)
    const { counts, release, isAll } = track(job, tally, { verdict, isReleased })
    const conditions =
      verdict === undefined ? progress.conditions : withCondition(progress.conditions, interim(verdict), nowMs)
    const { completedIndexes: _old, ...before } = job.status ?? {}
    const base = { ...before, ...counts, ...(startTime === undefined ? {} : { startTime }) }
    const noted = await this.#write(job, renderStatus(base, running, conditions))
    if (backOff.failures > 0) this.#backOffs.set(job.metadata.uid ?? '', backOff)
    else this.#backOffs.delete(job.metadata.uid ?? '')
    const tracked = new Set(tally.pods.filter(isTracked).map(({ metadata }) => metadata.uid ?? ''))
    const failure = await forAll(release, clock, async (pod) => {
      await untrack(client, this.#pods.get({ namespace: pod.metadata.namespace, name: pod.metadata.name }) ?? pod)
      this.#released.add(pod)
      tracked.delete(pod.metadata.uid ?? '')
    })
    const settled = { ...noted.status, ...settle(noted.status ?? {}, tracked) }
    const isOver = verdict !== undefined && failure === undefined && isAll && this.#isAtRest(settled, running)
    const finished = isOver ? withCondition(conditions, final(verdict), nowMs) : conditions
    const completionTime = isOver && verdict.outcome === 'success' ? { completionTime: printTime(nowMs) } : {}
    await this.#write(noted, renderStatus({ ...settled, ...completionTime }, running, finished))
    if (isOver) await this.#tellFinished(job, settled, verdict)
    if (failure !== undefined) throw failure
  }

  #isAtRest({ uncountedTerminatedPods }: JobStatus, { terminating }: Running): boolean {
    const { succeeded = [], failed = [] } = uncountedTerminatedPods ?? {}
    return succeeded.length === 0 && failed.length === 0 && terminating === 0
  }

  async #write(job: Job, status: JobStatus): Promise<Job> {
    if (deepEqual(job.status, status)) return job
    const written = await this.#deps.client.updateStatus(job, status)
    this.#written.set(written.metadata.uid ?? '', written.metadata.resourceVersion ?? '')
    return written
  }

  async #tellFinished(job: Job, { succeeded = 0 }: JobStatus, { outcome, reason, message }: Verdict): Promise<void> {
    if (outcome === 'failure') return this.#events.record(job, { type: 'Warning', reason, message })
    if (job.spec.completions !== undefined && succeeded > job.spec.completions) {
      const tooMany = 'Too many succeeded pods running after completion count reached'
      await this.#events.record(job, { type: 'Warning', reason: 'TooManySucceededPods', message: tooMany })
    }
    await this.#events.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' })
  }
}

function runningOf({ active, ready, terminating }: Tally): Running {
  return { active: active.length, ready, terminating }
}

function unmanaged(tally: Tally): Pick<Progress, 'running' | 'failure' | 'waitMs'> {
  return { running: runningOf(tally), failure: undefined, waitMs: undefined }
}

/** Restarts count toward the back-off limit, so a Job looks at more of a pod than other owners do. */
function changesJob(pod: Pod, old: Pod): boolean {
  return changesWorkload(pod, old) || pod.status?.containerStatuses !== old.status?.containerStatuses
}
