import { CronJob } from '../../api/kinds/batch/cron-job.ts'
import { Job } from '../../api/kinds/batch/job.ts'
import type { Kind } from '../../api/kind.ts'
import { controllerOf, type Key, keyOf } from '../../api/object.ts'
import type { CronJobStatus, ObjectReference } from '../../api/types.generated.ts'
import { isAlreadyExists, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  DONE,
  type Outcome,
  owns,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventNote, EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { printTime } from '../../world/clock.ts'
import { finishedCondition } from '../job/job-facts.ts'
import { isNamespaceTerminating } from '../pods/pod-control.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { writeStatus } from '../write-status.ts'
import { jobFor } from './job-template.ts'
import { excessJobs, observeJobs, plan, withActive } from './plan.ts'

/** Starts Jobs by a schedule. */
export class CronJobController implements Controller {
  readonly name = 'cronjob'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps
  readonly #cronJobs: Informer<CronJob>
  readonly #jobs: Informer<Job>
  readonly #events: EventRecorder

  constructor(deps: WorkloadDeps) {
    this.#deps = deps
    this.#cronJobs = deps.informers.of(CronJob)
    this.#jobs = deps.informers.of(Job)
    this.#events = deps.events('cronjob-controller')
    this.sources = [watches(CronJob as unknown as Kind), owns(Job as unknown as Kind, CronJob as unknown as Kind)]
  }

  async reconcile(key: Key): Promise<Outcome> {
    const cronJob = this.#cronJobs.get(key)
    if (cronJob === undefined) return DONE
    const jobs = this.#jobs.ownedBy(cronJob.metadata.uid)
    const observed = observeJobs(cronJob, jobs, await this.#missing(cronJob, jobs))
    await this.#tell(cronJob, observed.notes)
    let { status } = observed
    let outcome = DONE
    if (cronJob.metadata.deletionTimestamp === undefined) {
      const { notes, replace, startMs, waitMs } = plan(cronJob, status, this.#deps.clock.now())
      await this.#tell(cronJob, notes)
      status = await this.#makeRoom(cronJob, status, replace)
      if (startMs !== undefined) status = await this.#startJob(cronJob, status, startMs)
      if (waitMs !== undefined) outcome = requeueAfter(waitMs)
    }
    for (const job of excessJobs(cronJob, jobs)) await this.#deleteJob(cronJob, job)
    await writeStatus(cronJob, status, { client: this.#deps.client, informer: this.#cronJobs })
    return outcome
  }

  /** Active Jobs that neither the informer nor the server knows. */
  async #missing({ metadata, status }: CronJob, jobs: readonly Job[]): Promise<readonly ObjectReference[]> {
    const missing: ObjectReference[] = []
    for (const reference of status?.active ?? []) {
      if (jobs.some((job) => job.metadata.uid === reference.uid)) continue
      const { namespace } = metadata
      const job = await this.#deps.client.get(Job, { namespace, name: reference.name ?? '' })
      if (job === undefined) missing.push(reference)
    }
    return missing
  }

  async #makeRoom(
    cronJob: CronJob,
    status: CronJobStatus,
    replace: readonly ObjectReference[],
  ): Promise<CronJobStatus> {
    for (const { name = '' } of replace) {
      const job = await this.#deps.client.get(Job, { namespace: cronJob.metadata.namespace, name })
      if (job !== undefined) await this.#deleteJob(cronJob, job)
      else await this.#tell(cronJob, [{ type: 'Warning', reason: 'FailedGet', message: `Get job: ${name} not found` }])
    }
    return replace.length === 0 ? status : withActive(status, [])
  }

  async #startJob(cronJob: CronJob, status: CronJobStatus, scheduledMs: number): Promise<CronJobStatus> {
    const wanted = jobFor(cronJob, scheduledMs)
    const started = { ...status, lastScheduleTime: printTime(scheduledMs) }
    try {
      const job = await this.#deps.client.create(wanted)
      const message = `Created job ${job.metadata.name}`
      await this.#tell(cronJob, [{ type: 'Normal', reason: 'SuccessfulCreate', message }])
      return withActive(started, [...(status.active ?? []), referenceTo(job)])
    } catch (error) {
      if (isNamespaceTerminating(error)) return status
      if (isAlreadyExists(error)) return this.#takeOver(cronJob, status, { wanted, started })
      const message = `Error creating job: ${(error as Error).message}`
      await this.#tell(cronJob, [{ type: 'Warning', reason: 'FailedCreate', message }])
      throw error
    }
  }

  /** The Job was made before and the status not written: it is noted now, if it is ours and still runs. */
  async #takeOver(
    cronJob: CronJob,
    status: CronJobStatus,
    { wanted, started }: { readonly wanted: Job; readonly started: CronJobStatus },
  ): Promise<CronJobStatus> {
    const job = await this.#deps.client.get(Job, keyOf(wanted))
    const isOurs = job !== undefined && controllerOf(job)?.uid === cronJob.metadata.uid
    if (!isOurs || finishedCondition(job) !== undefined) return status
    if (status.active?.some(({ uid }) => uid === job.metadata.uid) === true) return status
    return withActive(started, [...(status.active ?? []), referenceTo(job)])
  }

  async #deleteJob(cronJob: CronJob, job: Job): Promise<void> {
    const { name } = job.metadata
    try {
      await this.#deps.client.deleteObject(job, { propagationPolicy: 'Background' })
    } catch (error) {
      if (isNotFound(error)) return
      await this.#tell(cronJob, [{ type: 'Warning', reason: 'FailedDelete', message: `Deleted job: ${name}` }])
      throw error
    }
    await this.#tell(cronJob, [{ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` }])
  }

  async #tell(cronJob: CronJob, notes: readonly EventNote[]): Promise<void> {
    for (const note of notes) await this.#events.record(cronJob, note)
  }
}

function referenceTo({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
}
