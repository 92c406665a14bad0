import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required, tooLong } from '../../errors.ts'
import { validateDomainPrefixedPath } from '../../names/domains.ts'
import type { JobSpec } from '../../types.generated.ts'
import { validatePodTemplate } from '../pod-spec/validate-pod-template.ts'
import { goForm } from '../strategy/go-form.ts'
import { validateCounts } from '../strategy/status-numbers.ts'
import { validateFailurePolicy } from './validate-failure-policy.ts'
import { validateSuccessPolicy } from './validate-success-policy.ts'

/** pkg/apis/batch/validation/validation.go. */
const PARALLELISM_MAX = 100_000
const FAILED_INDEXES_MAX = 100_000
/** Beyond so many completions a Job with a limit per index is held to less of the rest. */
const COMPLETIONS_HIGH = 100_000
const PARALLELISM_MAX_WHEN_HIGH = 10_000
const FAILED_INDEXES_MAX_WHEN_HIGH = 10_000
const MANAGED_BY_LENGTH_MAX = 63

export function isIndexed({ completionMode }: JobSpec): boolean {
  return completionMode === 'Indexed'
}

/** validateJobSpec: what holds for a Job's spec in a CronJob too. Its selector is looked at elsewhere. */
export function* validateJobSpecParts(spec: JobSpec, field: string): Generator<Cause> {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const
  yield* validateCounts(spec, counts, field)
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    yield required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')
  }
  yield* validateManagedBy(spec, `${field}.managedBy`)
  yield* validateCompletionMode(spec, field)
  if (spec.podFailurePolicy !== undefined) yield* validateFailurePolicy(spec, `${field}.podFailurePolicy`)
  if (spec.successPolicy !== undefined) {
    const place = `${field}.successPolicy`
    if (isIndexed(spec)) yield* validateSuccessPolicy(spec, place)
    else yield invalidValue(place, goForm(spec.successPolicy), 'requires indexed completion mode')
  }
  yield* validateReplacementPolicy(spec, `${field}.podReplacementPolicy`)
  yield* validatePodTemplate(spec.template, `${field}.template`)
  yield* validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`)
}

function* validateManagedBy({ managedBy }: JobSpec, field: string): Generator<Cause> {
  if (managedBy === undefined) return
  yield* validateDomainPrefixedPath(managedBy, field)
  if (managedBy.length > MANAGED_BY_LENGTH_MAX) yield tooLong(field, MANAGED_BY_LENGTH_MAX)
}

const COMPLETION_MODES: readonly string[] = ['NonIndexed', 'Indexed']

function* validateCompletionMode(spec: JobSpec, field: string): Generator<Cause> {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec
  if (completionMode !== undefined && !COMPLETION_MODES.includes(completionMode)) {
    yield notSupported(`${field}.completionMode`, completionMode, COMPLETION_MODES)
  }
  if (isIndexed(spec)) yield* validateIndexed(spec, field)
  else if (completionMode === undefined || completionMode === 'NonIndexed') {
    for (const [name, value] of Object.entries({ backoffLimitPerIndex, maxFailedIndexes })) {
      if (value !== undefined) yield invalidValue(`${field}.${name}`, value, 'requires indexed completion mode')
    }
  }
}

function* validateIndexed(spec: JobSpec, field: string): Generator<Cause> {
  const { completions, parallelism = 0, maxFailedIndexes } = spec
  if (completions === undefined) yield required(`${field}.completions`, 'when completion mode is Indexed')
  if (parallelism > PARALLELISM_MAX) {
    const rule = `must be less than or equal to ${PARALLELISM_MAX} when completion mode is Indexed`
    yield invalidValue(`${field}.parallelism`, parallelism, rule)
  }
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions) {
    yield invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions')
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > FAILED_INDEXES_MAX) {
    const rule = `must be less than or equal to ${FAILED_INDEXES_MAX}`
    yield invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, rule)
  }
  yield* validateHighCompletions(spec, field)
}

function* validateHighCompletions(spec: JobSpec, field: string): Generator<Cause> {
  const { completions = 0, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec
  if (completions <= COMPLETIONS_HIGH || backoffLimitPerIndex === undefined) return
  const when = `when completions are above ${COMPLETIONS_HIGH} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    yield required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${COMPLETIONS_HIGH}`)
  }
  if (parallelism > PARALLELISM_MAX_WHEN_HIGH) {
    const rule = `must be less than or equal to ${PARALLELISM_MAX_WHEN_HIGH} ${when}`
    yield invalidValue(`${field}.parallelism`, parallelism, rule)
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > FAILED_INDEXES_MAX_WHEN_HIGH) {
    const rule = `must be less than or equal to ${FAILED_INDEXES_MAX_WHEN_HIGH} ${when}`
    yield invalidValue(`${field}.maxFailedIndexes`, maxFailedIndexes, rule)
  }
}

const REPLACEMENT_POLICIES: readonly string[] = ['Failed', 'TerminatingOrFailed']

function* validateReplacementPolicy(
  { podReplacementPolicy: policy, podFailurePolicy }: JobSpec,
  field: string,
): Generator<Cause> {
  if (policy === undefined) return
  // A policy for failures needs pods that have failed.
  const policies = podFailurePolicy === undefined ? REPLACEMENT_POLICIES : ['Failed']
  if (!policies.includes(policy)) yield notSupported(field, policy, policies)
}

/** A Job's pods end, so that they cannot restart always. */
function* validateRestartPolicy({ template, podFailurePolicy }: JobSpec, field: string): Generator<Cause> {
  const policy = template.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') yield required(field, 'valid values: "OnFailure", "Never"')
  else if (policy !== 'OnFailure' && policy !== 'Never') yield notSupported(field, policy, ['OnFailure', 'Never'])
  else if (podFailurePolicy !== undefined && policy !== 'Never') {
    yield invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}
