import { Job } from '../../api/kinds/batch/job.ts'
import type { Kind } from '../../api/kind.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import { isConflict, isNotFound } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source } from '../../client/controller.ts'
import { finishedCondition } from '../job/job-facts.ts'
import type { WorkloadDeps } from '../workload-deps.ts'

/** Deletes Jobs, with their pods, `ttlSecondsAfterFinished` after they have finished. */
export class TtlAfterFinishedController implements Controller {
  readonly name = 'ttl-after-finished'
  readonly sources: readonly Source[]
  readonly #deps: WorkloadDeps

  constructor(deps: WorkloadDeps) {
    this.#deps = deps
    this.sources = [
      {
        kind: Job as unknown as Kind,
        keys: (job) => (expiryMs(job as Job) === undefined ? [] : [printKey(keyOf(job))]),
      },
    ]
  }

  async reconcile(key: Key): Promise<Outcome> {
    const { client, clock, informers } = this.#deps
    const leftMs = timeLeftMs(informers.of(Job).get(key), clock.now())
    if (leftMs === undefined) return DONE
    if (leftMs > 0) return requeueAfter(leftMs)
    // The server's word counts: the time to live may just have been changed.
    const fresh = await client.get(Job, key)
    const stillMs = timeLeftMs(fresh, clock.now())
    if (fresh === undefined || stillMs === undefined) return DONE
    if (stillMs > 0) return requeueAfter(stillMs)
    try {
      await client.deleteObject(fresh, { propagationPolicy: 'Foreground' })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
    return DONE
  }
}

/** How long a Job may still stay; `undefined` when it need not go. */
function timeLeftMs(job: Job | undefined, nowMs: number): number | undefined {
  const at = job === undefined ? undefined : expiryMs(job)
  return at === undefined ? undefined : at - nowMs
}

/** When a finished Job is to go, in milliseconds since the epoch. */
export function expiryMs(job: Job): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec
  const finishedAt = finishedCondition(job)?.lastTransitionTime
  if (ttlSecondsAfterFinished === undefined || finishedAt === undefined) return undefined
  if (job.metadata.deletionTimestamp !== undefined) return undefined
  return Date.parse(finishedAt) + ttlSecondsAfterFinished * 1_000
}
