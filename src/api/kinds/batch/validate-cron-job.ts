import { ScheduleError } from '../../cron/cron-fields.ts'
import { parseSchedule } from '../../cron/schedule.ts'
import { Zone } from '../../cron/zoned-time.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { CronJob, CronJobSpec, JobSpec } from '../../types.generated.ts'
import { sortedSelector } from '../strategy/sorted-map.ts'
import { validateCounts } from '../strategy/status-numbers.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateJobSpecParts } from './validate-job-spec.ts'

/** The controller adds a dash and the time to a Job's name, which has 63 letters at most. */
const NAME_LENGTH_MAX = 52

/** pkg/apis/batch/validation/validation.go ValidateCronJobCreate and ValidateCronJobUpdate. */
export function* validateCronJob(job: CronJob, old: CronJob | undefined): Generator<Cause> {
  const { metadata, spec } = job
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    if (spec !== old.spec) yield* validateSpec(spec, old.spec)
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateSpec(spec, undefined)
  if (metadata.name.length > NAME_LENGTH_MAX) {
    yield invalidValue('metadata.name', metadata.name, `must be no more than ${NAME_LENGTH_MAX} characters`)
  }
}

const CONCURRENCY_POLICIES: readonly string[] = ['Allow', 'Forbid', 'Replace']

function* validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined): Generator<Cause> {
  const { schedule = '', timeZone, concurrencyPolicy = '' } = unchecked(spec)
  if (schedule === '') yield required('spec.schedule', '')
  else yield* validateSchedule(spec, old)
  yield* validateNonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds')
  if (timeZone !== undefined && (old === undefined || timeZone !== old.timeZone)) yield* validateTimeZone(timeZone)
  if (concurrencyPolicy === '') yield required('spec.concurrencyPolicy', '')
  else if (!CONCURRENCY_POLICIES.includes(concurrencyPolicy)) {
    yield notSupported('spec.concurrencyPolicy', concurrencyPolicy, CONCURRENCY_POLICIES)
  }
  yield* validateJobTemplate(spec.jobTemplate.spec ?? { template: {} })
  yield* validateCounts(spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'], 'spec')
}

/** Jobs of a CronJob are selected by the server. */
function* validateJobTemplate(spec: JobSpec): Generator<Cause> {
  const field = 'spec.jobTemplate.spec'
  yield* validateJobSpecParts(spec, field)
  if (spec.selector !== undefined) {
    yield invalidValue(`${field}.selector`, sortedSelector(spec.selector), '`selector` will be auto-generated')
  }
  if (spec.manualSelector === true) yield notSupported(`${field}.manualSelector`, true, ['nil', 'false'])
}

/** Only schedules that had a time zone in them before may keep one. */
function* validateSchedule({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined): Generator<Cause> {
  const field = 'spec.schedule'
  const problem = problemOfSchedule(schedule)
  if (problem !== undefined) yield invalidValue(field, schedule, problem)
  if (!schedule.includes('TZ')) return
  if (old?.schedule.includes('TZ') !== true) {
    yield invalidValue(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
  } else if (timeZone !== undefined) {
    yield invalidValue(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')
  }
}

function problemOfSchedule(schedule: string): string | undefined {
  try {
    parseSchedule(schedule)
    return undefined
  } catch (error) {
    if (error instanceof ScheduleError) return error.message
    throw error
  }
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/

function* validateTimeZone(timeZone: string): Generator<Cause> {
  const field = 'spec.timeZone'
  if (timeZone === '') {
    yield invalidValue(field, timeZone, 'timeZone must be nil or non-empty string')
    return
  }
  const isMalformed = timeZone.split('/').some((part) => {
    return part === '.' || part === '..' || part.startsWith('-') || !ZONE_PART.test(part)
  })
  if (isMalformed) {
    yield invalidValue(field, timeZone, `unknown time zone ${timeZone}`)
    return
  }
  if (timeZone.toLowerCase() === 'local') {
    const rule = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    yield invalidValue(field, timeZone, rule)
  }
  if (timeZone !== 'Local' && !isKnownZone(timeZone)) {
    yield invalidValue(field, timeZone, `unknown time zone ${timeZone}`)
  }
}

/** The database is asked in Go by the exact name, whose first letter is a capital one. */
function isKnownZone(timeZone: string): boolean {
  if (!/^[A-Z]/.test(timeZone)) return false
  try {
    return new Zone(timeZone).name === timeZone
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
