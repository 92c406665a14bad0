import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, required } from '../../errors.ts'
import type { Job, JobStatus } from '../../types.generated.ts'
import { invalidUnshown } from '../strategy/bare-causes.ts'
import { goForm } from '../strategy/go-form.ts'
import { validateCounts } from '../strategy/status-numbers.ts'
import { IMMUTABLE_MESSAGE } from '../validation/immutability.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { commonIndex } from './indexes.ts'
import { isIndexed } from './validate-job-spec.ts'
import { tryCount } from './validate-success-policy.ts'

/**
 * pkg/apis/batch/validation/validation.go ValidateJobStatusUpdate. Controllers other than our own may manage a Job, and
 * clients rely on what a status promises. Most rules hold for what a write changes only: what was there may stay.
 */
export function* validateJobStatus(job: Job, old: Job): Generator<Cause> {
  const status = job.status ?? {}
  const before = old.status ?? {}
  yield* validateCounts(status, ['active', 'succeeded', 'failed', 'ready', 'terminating'], 'status')
  yield* validateUncounted(status)
  const change: Change = { job, status, before, finished: isFinished(status), wasFinished: isFinished(before) }
  yield* validateCompletion(change)
  yield* validateFinished(change)
  yield* validateIndexes(change)
  if ((status.ready ?? 0) > (status.active ?? 0) && status.ready !== before.ready) {
    yield invalidValue('status.ready', status.ready, 'cannot set more ready pods than active')
  }
  yield* validateSuccess(change)
  yield* validateTransition(change)
}

interface Change {
  readonly job: Job
  readonly status: JobStatus
  readonly before: JobStatus
  readonly finished: boolean
  readonly wasFinished: boolean
}

const CONDITIONS = 'status.conditions'

function has({ conditions = [] }: JobStatus, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True')
}

function isFinished(status: JobStatus): boolean {
  return has(status, 'Complete') || has(status, 'Failed')
}

/** Whether any of these conditions became true or untrue. */
function turned({ status, before }: Change, ...types: readonly string[]): boolean {
  return types.some((type) => has(status, type) !== has(before, type))
}

function* validateUncounted({ uncountedTerminatedPods }: JobStatus): Generator<Cause> {
  const seen = new Set<string>()
  for (const name of ['succeeded', 'failed'] as const) {
    for (const [index, uid] of (uncountedTerminatedPods?.[name] ?? []).entries()) {
      const field = `status.uncountedTerminatedPods.${name}[${index}]`
      if (uid === '') yield invalidValue(field, uid, 'must not be empty')
      else if (seen.has(uid)) yield duplicate(field, uid)
      seen.add(uid)
    }
  }
}

function* validateCompletion(change: Change): Generator<Cause> {
  const { status, before } = change
  const isComplete = has(status, 'Complete')
  const timesChanged = status.completionTime !== before.completionTime
  if (turned(change, 'Complete', 'Failed') && isComplete && has(status, 'Failed')) {
    yield invalidUnshown(CONDITIONS, 'cannot set Complete=True and Failed=true conditions')
  }
  if (turned(change, 'Complete', 'FailureTarget') && isComplete && has(status, 'FailureTarget')) {
    yield invalidUnshown(CONDITIONS, 'cannot set Complete=True and FailureTarget=true conditions')
  }
  const field = 'status.completionTime'
  if (turned(change, 'Complete') || timesChanged) {
    if (status.completionTime !== undefined && !isComplete) {
      const rule = 'cannot set completionTime when there is no Complete=True condition'
      yield invalidValue(field, status.completionTime, rule)
    }
    if (status.completionTime === undefined && isComplete) {
      yield required(field, 'completionTime is required for Complete jobs')
    }
  }
  if ((timesChanged || status.startTime !== before.startTime) && isBefore(status.completionTime, status.startTime)) {
    yield invalidValue(field, status.completionTime, 'must be equal to or after `startTime`')
  }
  if (turned(change, 'Failed') && has(status, 'Failed') && !has(status, 'FailureTarget')) {
    yield invalidUnshown(CONDITIONS, 'cannot set Failed=True condition without the FailureTarget=true condition')
  }
  if (turned(change, 'Complete') && isComplete && !has(status, 'SuccessCriteriaMet')) {
    yield invalidUnshown(CONDITIONS, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  }
}

function* validateFinished({ status, before, finished, wasFinished }: Change): Generator<Cause> {
  if (!finished) return
  const turnedFinished = !wasFinished
  const { active = 0, startTime, uncountedTerminatedPods: uncounted, terminating = 0 } = status
  if (active > 0 && (turnedFinished || active !== before.active)) {
    yield invalidValue('status.active', active, 'active>0 is invalid for finished job')
  }
  if (startTime === undefined && (turnedFinished || before.startTime !== undefined)) {
    yield required('status.startTime', 'startTime is required for finished job')
  }
  const count = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length
  if (count > 0 && (turnedFinished || !semanticEqual(uncounted, before.uncountedTerminatedPods))) {
    yield invalidValue('status.uncountedTerminatedPods', goForm(uncounted), 'must be empty for finished job')
  }
  if (terminating > 0 && (turnedFinished || terminating !== before.terminating)) {
    yield invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job')
  }
}

function* validateIndexes({ job: { spec }, status, before }: Change): Generator<Cause> {
  const { completions, backoffLimitPerIndex } = spec
  const { completedIndexes = '', failedIndexes } = status
  const completedChanged = completedIndexes !== (before.completedIndexes ?? '')
  const failedChanged = failedIndexes !== before.failedIndexes
  if (completedChanged && completions !== undefined) {
    yield* validateIndexText('completedIndexes', completedIndexes, completions)
  }
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined) {
    yield* validateIndexText('failedIndexes', failedIndexes ?? '', completions)
  }
  if (completedChanged && completedIndexes !== '' && !isIndexed(spec)) {
    const rule = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    yield invalidValue('status.completedIndexes', completedIndexes, rule)
  }
  if (failedChanged && backoffLimitPerIndex === undefined && failedIndexes !== undefined) {
    const rule = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    yield invalidValue('status.failedIndexes', failedIndexes, rule)
  }
  if ((!failedChanged && !completedChanged) || completions === undefined || failedIndexes === undefined) return
  const common = commonIndex(completedIndexes, failedIndexes, completions)
  if (common === undefined) return
  const rule = `failedIndexes and completedIndexes overlap at index: ${common}`
  yield invalidValue('status.failedIndexes', failedIndexes, rule)
}

function* validateIndexText(name: string, text: string, completions: number): Generator<Cause> {
  const counted = tryCount(text, completions)
  if (typeof counted === 'number') return
  yield invalidValue(`status.${name}`, text, `error parsing ${name}: ${counted.message}`)
}

function* validateSuccess({ job, status }: Change): Generator<Cause> {
  const isMet = has(status, 'SuccessCriteriaMet')
  if (isMet && has(status, 'Failed')) {
    yield invalidUnshown(CONDITIONS, 'cannot set SuccessCriteriaMet=True and Failed=true conditions')
  }
  if (isMet && has(status, 'FailureTarget')) {
    yield invalidUnshown(CONDITIONS, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  }
  if (job.spec.successPolicy !== undefined && !isMet && has(status, 'Complete')) {
    const rule = 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'
    yield invalidUnshown(CONDITIONS, rule)
  }
}

/** What has happened to a Job cannot be taken back. */
function* validateTransition({ job: { spec }, status, before }: Change): Generator<Cause> {
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (!has(before, type) || has(status, type)) continue
    yield invalidUnshown(CONDITIONS, `cannot disable the terminal ${type}=True condition`)
  }
  const { failed = 0, succeeded = 0, completionTime, startTime } = status
  if (failed < (before.failed ?? 0)) {
    yield invalidValue('status.failed', failed, 'cannot decrease the failed counter')
  }
  // An indexed Job that is scaled down forgets the indexes that it no longer has.
  const mayShrink = isIndexed(spec) && spec.completions === spec.parallelism
  if (!mayShrink && succeeded < (before.succeeded ?? 0)) {
    yield invalidValue('status.succeeded', succeeded, 'cannot decrease the succeeded counter')
  }
  if (completionTime !== undefined && before.completionTime !== undefined && completionTime !== before.completionTime) {
    yield invalidValue('status.completionTime', completionTime, IMMUTABLE_MESSAGE)
  }
  // A Job that is resumed starts its clock anew.
  const isResumed = has(before, 'Suspended') && !has(status, 'Suspended') && startTime !== undefined
  const isRestarted = before.startTime !== undefined && startTime !== before.startTime && !isResumed
  if (isRestarted && spec.suspend !== true) {
    yield required('status.startTime', 'startTime cannot be removed for unsuspended job')
  }
  const wasMet = has(before, 'SuccessCriteriaMet')
  if (wasMet && !has(status, 'SuccessCriteriaMet')) {
    yield invalidUnshown(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition')
  }
  if (has(before, 'Complete') && !wasMet && has(status, 'SuccessCriteriaMet')) {
    const rule = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'
    yield invalidUnshown(CONDITIONS, rule)
  }
}

function isBefore(time: string | undefined, other: string | undefined): boolean {
  return time !== undefined && other !== undefined && Date.parse(time) < Date.parse(other)
}
