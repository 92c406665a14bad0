import type { JobSpec } from '../../types.generated.ts'
import { podTemplateWarnings } from '../pod-spec/pod-warnings.ts'
import { isIndexed } from './validate-job-spec.ts'

const COMPLETIONS_SOFT_LIMIT = 100_000
const PARALLELISM_SOFT_LIMIT = 10_000

/** pkg/api/job/warnings.go WarningsForJobSpec. `field` is where the spec stands. */
export function* jobSpecWarnings(spec: JobSpec, field: string): Generator<string> {
  const { completions = 0, parallelism = 0 } = spec
  if (isIndexed(spec) && completions > COMPLETIONS_SOFT_LIMIT && parallelism > PARALLELISM_SOFT_LIMIT) {
    yield `${field}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`
  }
  yield* podTemplateWarnings(spec.template, `${field}.template`)
}
