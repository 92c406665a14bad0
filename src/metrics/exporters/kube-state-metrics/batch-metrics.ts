import { CronJob } from '../../../api/kinds/batch/cron-job.ts'
import { Job } from '../../../api/kinds/batch/job.ts'
import {
  flag,
  gauge,
  infoOf,
  kindMetrics,
  type KindMetrics,
  numberOf,
  ownerOf,
  type Sample,
  timeOf,
} from './object-metrics.ts'

const FAILURES = ['BackoffLimitExceeded', 'DeadlineExceeded', 'Evicted']

/** kubernetes/kube-state-metrics internal/store/{job,cronjob}.go */
export const batchMetrics: readonly KindMetrics[] = [
  kindMetrics<Job>({
    kind: Job,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, job_name: name }),
    metrics: [
      infoOf('kube_job_info', 'Which jobs there are.', () => ({})),
      timeOf('kube_job_created', 'When jobs were created.', ({ metadata }) => metadata.creationTimestamp),
      ownerOf('kube_job_owner', 'Who owns jobs.'),
      numberOf('kube_job_spec_parallelism', 'How many pods may run at once.', ({ spec }) => spec?.parallelism),
      numberOf('kube_job_spec_completions', 'How many pods must succeed.', ({ spec }) => spec?.completions),
      numberOf(
        'kube_job_spec_active_deadline_seconds',
        'How long jobs may take.',
        ({ spec }) => spec?.activeDeadlineSeconds,
      ),
      numberOf('kube_job_status_active', 'How many pods run.', ({ status }) => status?.active ?? 0),
      numberOf('kube_job_status_succeeded', 'How many pods succeeded.', ({ status }) => status?.succeeded ?? 0),
      gauge('kube_job_status_failed', 'How many pods failed, and why jobs did.', failed),
      gauge('kube_job_complete', 'Whether jobs are complete.', (job) => ended(job, 'Complete')),
      gauge('kube_job_failed', 'Whether jobs have failed.', (job) => ended(job, 'Failed')),
      timeOf('kube_job_status_start_time', 'When jobs began.', ({ status }) => status?.startTime),
      timeOf('kube_job_status_completion_time', 'When jobs were complete.', ({ status }) => status?.completionTime),
    ],
  }),
  kindMetrics<CronJob>({
    kind: CronJob,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, cronjob: name }),
    metrics: [
      infoOf('kube_cronjob_info', 'When and how jobs are begun.', ({ spec }) => ({
        schedule: spec?.schedule,
        concurrency_policy: spec?.concurrencyPolicy,
        timezone: spec?.timeZone ?? 'local',
      })),
      timeOf('kube_cronjob_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      numberOf('kube_cronjob_status_active', 'How many jobs run.', ({ status }) => status?.active?.length ?? 0),
      timeOf(
        'kube_cronjob_status_last_schedule_time',
        'When the last job was begun.',
        ({ status }) => status?.lastScheduleTime,
      ),
      timeOf(
        'kube_cronjob_status_last_successful_time',
        'When a job last succeeded.',
        ({ status }) => status?.lastSuccessfulTime,
      ),
      numberOf('kube_cronjob_spec_suspend', 'Whether none is begun.', ({ spec }) => flag(spec?.suspend)),
      numberOf(
        'kube_cronjob_spec_starting_deadline_seconds',
        'How late a job may begin.',
        ({ spec }) => spec?.startingDeadlineSeconds,
      ),
      numberOf(
        'kube_cronjob_spec_successful_job_history_limit',
        'How many that succeeded are kept.',
        ({ spec }) => spec?.successfulJobsHistoryLimit,
      ),
      numberOf(
        'kube_cronjob_spec_failed_job_history_limit',
        'How many that failed are kept.',
        ({ spec }) => spec?.failedJobsHistoryLimit,
      ),
    ],
  }),
]

function ended({ status }: Job, type: string): readonly Sample[] {
  const found = status?.conditions?.find((one) => one.type === type)
  if (found === undefined) return []
  return ['true', 'false', 'unknown'].map((one): Sample => [
    { condition: one },
    flag(found.status.toLowerCase() === one),
  ])
}

/** The pods that failed; with the job's own reason once it has failed. */
function failed({ status }: Job): readonly Sample[] {
  const count = status?.failed ?? 0
  if (count === 0) return [[{}, 0]]
  const reason = status?.conditions?.find(({ type, status: is }) => type === 'Failed' && is === 'True')?.reason
  if (reason === undefined || !FAILURES.includes(reason)) return [[{ reason: '' }, count]]
  return FAILURES.map((one): Sample => [{ reason: one }, flag(one === reason)])
}
