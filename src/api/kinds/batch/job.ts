import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Job as JobObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { hostnameWarnings } from '../strategy/template-warnings.ts'
import { JOB_COLUMNS } from './job-columns.ts'
import { defaultJob, prepareJobForCreate } from './job-strategy.ts'
import { jobSpecWarnings } from './job-warnings.ts'
import { validateJobStatus } from './validate-job-status.ts'
import { validateJob } from './validate-job.ts'

export type Job = JobObject

export const Job: Kind<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  namespaced: true,
  categories: ['all'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.batch.v1.Job'),

  default: defaultJob,
  prepareForCreate: prepareJobForCreate,
  prepareForUpdate: keepStatus,
  validate: validateJob,
  validateStatus: validateJobStatus,
  *warnings(job, old) {
    if (old === undefined) yield* hostnameWarnings(job.metadata.name)
    if (old === undefined || old.metadata.generation !== job.metadata.generation) {
      yield* jobSpecWarnings(job.spec, 'spec')
    }
  },
  columns: JOB_COLUMNS,
  selectableFields: [{ path: 'status.successful', value: ({ status }) => String(status?.succeeded ?? 0) }],
}
