import type { CronJob } from '../../api/kinds/batch/cron-job.ts'
import type { Job } from '../../api/kinds/batch/job.ts'
import { controllerReference } from '../../client/client.ts'
import { Zone } from '../../api/cron/zoned-time.ts'

const SCHEDULED_TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
const MINUTE_MS = 60_000

/** One name for each time: two starts for the same time cannot both succeed. */
export function jobName({ metadata }: CronJob, scheduledMs: number): string {
  return `${metadata.name}-${Math.floor(scheduledMs / MINUTE_MS)}`
}

/** The Job for a scheduled time. It shares its template's parts. */
export function jobFor(cronJob: CronJob, scheduledMs: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate
  const { namespace } = cronJob.metadata
  const zone = new Zone(cronJob.spec.timeZone ?? 'UTC')
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, scheduledMs),
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED_TIMESTAMP]: zone.print(scheduledMs) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: spec ?? { template: {} },
  }
}
