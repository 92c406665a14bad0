import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import { printAge } from '../../columns/human-duration.ts'
import type { Column, Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CronJob as CronJobObject } from '../../types.generated.ts'
import { containerColumns, selectorColumn } from '../apps/workload-columns.ts'
import { printFlag } from '../strategy/print-flag.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { hostnameWarnings } from '../strategy/template-warnings.ts'
import { defaultJobTemplate } from './job-strategy.ts'
import { jobSpecWarnings } from './job-warnings.ts'
import { validateCronJob } from './validate-cron-job.ts'

export type CronJob = CronJobObject

const SUCCESSFUL_JOBS_HISTORY_LIMIT = 3
const FAILED_JOBS_HISTORY_LIMIT = 1

/** pkg/printers/internalversion/printers.go printCronJob. */
const COLUMNS: readonly Column<CronJob>[] = [
  nameColumn(),
  { name: 'Schedule', type: 'string', description: 'The schedule in Cron format.', cell: ({ spec }) => spec.schedule },
  {
    name: 'Timezone',
    type: 'string',
    description: 'The time zone name for the given schedule.',
    cell: ({ spec }) => spec.timeZone ?? NONE,
  },
  {
    name: 'Suspend',
    type: 'boolean',
    description: 'Whether subsequent executions are suspended.',
    cell: ({ spec }) => printFlag(spec.suspend),
  },
  {
    name: 'Active',
    type: 'integer',
    description: 'How many jobs are running.',
    cell: ({ status }) => (status?.active ?? []).length,
  },
  {
    name: 'Last Schedule',
    type: 'string',
    description: 'When a job was last scheduled.',
    cell: ({ status }, nowMs) =>
      status?.lastScheduleTime === undefined ? NONE : printAge(status.lastScheduleTime, nowMs),
  },
  ageColumn(),
  ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template),
  selectorColumn(
    ({ spec }) => spec.jobTemplate.spec?.selector,
    'A label query over pods that should match the pod count.',
  ),
]

export const CronJob: Kind<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.batch.v1.CronJob'),

  default: defaultCronJob,
  prepareForCreate: (job) => ({ ...job, status: {} }),
  prepareForUpdate: keepStatus,
  validate: validateCronJob,
  warnings,
  columns: COLUMNS,
}

/** pkg/apis/batch/v1/defaults.go SetDefaults_CronJob. */
function defaultCronJob(job: CronJob): CronJob {
  const { spec } = job
  const { jobTemplate } = spec
  return changed(job, {
    spec: changed(spec, {
      concurrencyPolicy: spec.concurrencyPolicy || 'Allow',
      suspend: spec.suspend ?? false,
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? SUCCESSFUL_JOBS_HISTORY_LIMIT,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? FAILED_JOBS_HISTORY_LIMIT,
      jobTemplate: changed(jobTemplate, { spec: jobTemplate.spec && defaultJobTemplate(jobTemplate.spec) }),
    }),
  })
}

const TIME_ZONE_ADVICE =
  'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone field instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones for more details'

function* warnings({ metadata, spec }: CronJob, old?: CronJob): Generator<string> {
  if (old === undefined) yield* hostnameWarnings(metadata.name)
  const jobSpec = spec.jobTemplate.spec
  if (jobSpec !== undefined && (old === undefined || old.metadata.generation !== metadata.generation)) {
    yield* jobSpecWarnings(jobSpec, 'spec.jobTemplate.spec')
  }
  if (spec.schedule.includes('TZ')) yield TIME_ZONE_ADVICE
}
