import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { Job, JobSpec, PodTemplateSpec } from '../../types.generated.ts'
import { readSelector, validateSameSelector, validateTemplateIsSelected } from '../strategy/selectors.ts'
import { sortedMap, sortedSelector } from '../strategy/sorted-map.ts'
import { IMMUTABLE_MESSAGE, validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import {
  CONTROLLER_UID_LABEL,
  JOB_NAME_LABEL,
  LEGACY_CONTROLLER_UID_LABEL,
  LEGACY_JOB_NAME_LABEL,
} from './job-strategy.ts'
import { isIndexed, validateJobSpecParts } from './validate-job-spec.ts'

/** pkg/apis/batch/validation/validation.go ValidateJob and ValidateJobUpdate. */
export function* validateJob(job: Job, old: Job | undefined): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(job.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(job.metadata, old.metadata)
  if (old !== undefined && job.spec === old.spec) return
  yield* validateGeneratedSelector(job, old)
  yield* validateSpec(job.spec)
  yield* validateHostnames(job)
  if (old !== undefined) yield* validateSpecUpdate(job.spec, old)
}

/** A selector that the server chose must be the one that it would choose, and so must the labels of the pods. */
function* validateGeneratedSelector({ metadata, spec }: Job, old: Job | undefined): Generator<Cause> {
  if (spec.manualSelector === true || spec.selector === undefined) return
  const { uid = '', name } = metadata
  if (uid === '') yield required('metadata.uid', '')
  const oldLabels = old?.spec.template.metadata?.labels ?? {}
  const hasPrefixed = old === undefined || (JOB_NAME_LABEL in oldLabels && CONTROLLER_UID_LABEL in oldLabels)
  const expected: readonly (readonly [string, string])[] = [
    [LEGACY_CONTROLLER_UID_LABEL, uid],
    [LEGACY_JOB_NAME_LABEL, name],
    ...(hasPrefixed
      ? ([
          [CONTROLLER_UID_LABEL, uid],
          [JOB_NAME_LABEL, name],
        ] as const)
      : []),
  ]
  for (const [label, value] of expected) yield* validateHasLabel(spec.template, label, value)
  const matcher = readSelector(spec.selector)
  if (matcher !== undefined && !matcher.matches(Object.fromEntries(expected))) {
    yield invalidValue('spec.selector', sortedSelector(spec.selector), '`selector` not auto-generated')
  }
}

function* validateHasLabel({ metadata }: PodTemplateSpec, label: string, expected: string): Generator<Cause> {
  const field = `spec.template.metadata.labels[${label}]`
  const value = metadata?.labels?.[label]
  if (value === undefined) yield required(field, `must be '${expected}'`)
  else if (value !== expected) yield invalidValue(field, sortedMap(metadata?.labels), `must be '${expected}'`)
}

function* validateSpec(spec: JobSpec): Generator<Cause> {
  yield* validateJobSpecParts(spec, 'spec')
  if (spec.selector === undefined) yield required('spec.selector', '')
  else yield* validateLabelSelector(spec.selector, 'spec.selector')
  const matcher = readSelector(spec.selector)
  if (matcher !== undefined) yield* validateTemplateIsSelected(spec.template, matcher, 'spec.template')
}

/** The pods of an indexed Job are named by their indexes; the longest name must do as a host name. */
function* validateHostnames({ metadata: { name }, spec }: Job): Generator<Cause> {
  const { completions = 0 } = spec
  if (!isIndexed(spec) || completions <= 0) return
  const hostname = `${name}-${completions - 1}`
  if (validateDns1123Label(hostname).length === 0) return
  yield invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${hostname}`)
}

const IMMUTABLE_FIELDS = [
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const

function* validateSpecUpdate(spec: JobSpec, old: Job): Generator<Cause> {
  yield* validateCompletions(spec, old.spec)
  yield* validateSameSelector(spec.selector, old.spec.selector)
  yield* validateTemplateUpdate(spec, old)
  for (const name of IMMUTABLE_FIELDS) yield* validateImmutable(spec[name], old.spec[name], `spec.${name}`)
}

/** An indexed Job may grow and shrink with its parallelism. */
function* validateCompletions(spec: JobSpec, old: JobSpec): Generator<Cause> {
  const { completions, parallelism } = spec
  const field = 'spec.completions'
  if (!isIndexed(spec)) yield* validateImmutable(completions, old.completions, field)
  else if (completions !== undefined && completions !== old.completions && completions !== parallelism) {
    yield invalidValue(field, completions, 'can only be modified in tandem with spec.parallelism')
  }
}

/** A Job that has never run may still be told where to run. */
function* validateTemplateUpdate({ template }: JobSpec, old: Job): Generator<Cause> {
  const before = old.spec.template
  const isWaiting = old.spec.suspend === true && old.status?.startTime === undefined
  if (semanticEqual(template, isWaiting ? withSchedulingOf(before, template) : before)) return
  yield invalidValue('spec.template', template, IMMUTABLE_MESSAGE)
}

/** `old` with the scheduling directives of `template`. */
function withSchedulingOf(old: PodTemplateSpec, template: PodTemplateSpec): object {
  const { affinity: oldAffinity, ...oldSpec } = old.spec ?? { containers: [] }
  const { affinity, nodeSelector, tolerations, schedulingGates } = template.spec ?? { containers: [] }
  const { nodeAffinity: _, ...otherAffinity } = oldAffinity ?? {}
  const nodeAffinity = affinity?.nodeAffinity
  return {
    metadata: { ...old.metadata, annotations: template.metadata?.annotations, labels: template.metadata?.labels },
    spec: {
      ...oldSpec,
      affinity: nodeAffinity === undefined ? otherAffinity : { ...otherAffinity, nodeAffinity },
      nodeSelector,
      tolerations,
      schedulingGates,
    },
  }
}
