import { Job } from '../../api/kinds/batch/job.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import { controllerOf, type Key, keyOf, printKey } from '../../api/object.ts'
import { type Controller, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import type { WorkloadDeps } from '../workload-deps.ts'
import { untrack } from './finalizers.ts'
import { finishedCondition, isManagedElsewhere, isTracked } from './job-facts.ts'

/** Lets go of pods that wait to be counted by a Job that is finished, gone, or no longer theirs. */
export class JobOrphanController implements Controller {
  readonly name = 'job-orphan-pods'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps
  readonly #pods: Informer<Pod>
  readonly #jobs: Informer<Job>

  constructor(deps: WorkloadDeps) {
    this.#deps = deps
    this.#pods = deps.informers.of(Pod)
    this.#jobs = deps.informers.of(Job)
    this.sources = [
      {
        kind: Pod as unknown as Kind,
        keys: (pod) => (this.#isWaitingInVain(pod as Pod) ? [printKey(keyOf(pod))] : []),
      },
      { kind: Job as unknown as Kind, keys: (job) => this.#leftBehind(job as Job) },
    ]
  }

  async reconcile(key: Key): Promise<Outcome> {
    const pod = this.#pods.get(key)
    if (pod !== undefined && this.#isWaitingInVain(pod)) await untrack(this.#deps.client, pod)
    return DONE
  }

  #isWaitingInVain(pod: Pod): boolean {
    if (!isTracked(pod)) return false
    const owner = controllerOf(pod)
    if (owner === undefined) return true
    if (owner.kind !== 'Job' || owner.apiVersion !== 'batch/v1') return false
    const job = this.#jobs.get({ namespace: pod.metadata.namespace, name: owner.name })
    if (job === undefined || job.metadata.uid !== owner.uid) return true
    return !isManagedElsewhere(job) && finishedCondition(job) !== undefined
  }

  #leftBehind(job: Job): readonly string[] {
    const isGone = this.#jobs.get(keyOf(job)) === undefined
    if (!isGone && finishedCondition(job) === undefined) return []
    return this.#pods
      .ownedBy(job.metadata.uid)
      .filter(isTracked)
      .map((pod) => printKey(keyOf(pod)))
  }
}
