import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required } from '../../errors.ts'
import { inclusiveRangeMessage } from '../../names/messages.ts'
import type { Container, Pod, PodSpec, Toleration } from '../../types.generated.ts'
import { validateImageSpaces } from '../pod-spec/validate-containers.ts'
import { validatePodAnnotations, validatePodAnnotationUpdate } from '../pod-spec/validate-pod-annotations.ts'
import { printDifference } from '../validation/immutability.ts'
import { validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { validateTolerations } from '../validation/taints.ts'
import { withGatedChangesUndone, validateGatedChanges } from './gated-pod-update.ts'
import { validatePod } from './validate-pod.ts'

const INT32_MAX = 2 ** 31 - 1

/** In upstream's words and order. */
const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

/** pkg/apis/core/validation/validation.go ValidatePodUpdate: what a user may still change in a pod. */
export function* validatePodUpdate(pod: Pod, old: Pod): Generator<Cause> {
  yield* validateObjectMetaUpdate(pod.metadata, old.metadata)
  yield* validatePod(pod)
  const { annotations } = pod.metadata
  yield* validatePodAnnotationUpdate(annotations, old.metadata.annotations, 'metadata.annotations')
  yield* validatePodAnnotations(annotations, pod.spec, 'metadata.annotations')
  if (pod.spec !== old.spec) yield* validateSpecUpdate(pod.spec, old.spec)
}

function* validateSpecUpdate(spec: PodSpec, old: PodSpec): Generator<Cause> {
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list] ?? []).length !== (old[list] ?? []).length) {
      yield forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')
      return
    }
    yield* validateImages(spec[list] ?? [], `spec.${list}`)
  }
  const deadline = [...validateDeadline(spec, old)]
  yield* deadline
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return
  yield* validateAddedTolerations(spec.tolerations ?? [], old.tolerations ?? [])
  yield* validateDeletedGates(spec, old)
  if (semanticEqual(spec, old)) return
  const undone = withUpdatesUndone(spec, old)
  const isGated = (old.schedulingGates ?? []).length > 0
  if (isGated) yield* validateGatedChanges(undone, old)
  const rest = isGated ? withGatedChangesUndone(undone, old) : undone
  if (semanticEqual(rest, old)) return
  const difference = printDifference(old, rest)
  yield forbiddenField('spec', `pod updates may not change fields other than ${UPDATABLE}\n${difference}`)
}

function* validateImages(containers: readonly Container[], field: string): Generator<Cause> {
  for (const [index, container] of containers.entries()) {
    if ((container.image ?? '') === '') yield required(`${field}[${index}].image`, '')
    yield* validateImageSpaces(container, `${field}[${index}]`)
  }
}

/** A deadline may be set, and set nearer. */
function* validateDeadline({ activeDeadlineSeconds: seconds }: PodSpec, old: PodSpec): Generator<Cause> {
  const before = old.activeDeadlineSeconds
  const field = 'spec.activeDeadlineSeconds'
  if (seconds === undefined) {
    if (before !== undefined) {
      yield invalidValue(field, undefined, 'must not update from a positive integer to nil value')
    }
  } else if (seconds < 0 || seconds > INT32_MAX) {
    yield invalidValue(field, seconds, inclusiveRangeMessage(0, INT32_MAX))
  } else if (before !== undefined && before < seconds) {
    yield invalidValue(field, seconds, 'must be less than or equal to previous value')
  }
}

function* validateAddedTolerations(tolerations: readonly Toleration[], old: readonly Toleration[]): Generator<Cause> {
  const field = 'spec.tolerations'
  const isKept = (before: Toleration): boolean =>
    tolerations.some((one) =>
      semanticEqual({ ...before, tolerationSeconds: undefined }, { ...one, tolerationSeconds: undefined }),
    )
  if (!old.every(isKept)) {
    yield forbiddenField(field, 'existing toleration can not be modified except its tolerationSeconds')
  } else yield* validateTolerations(tolerations, field)
}

function* validateDeletedGates({ schedulingGates = [] }: PodSpec, old: PodSpec): Generator<Cause> {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name))
  for (const [index, { name }] of schedulingGates.entries()) {
    if (before.has(name)) continue
    const rule = `only deletion is allowed, but found new scheduling gate '${name}'`
    yield forbiddenField(`spec.schedulingGates[${index}].name`, rule)
  }
}

/** The new spec with everything as before that anybody may change: what then still differs may not. */
function withUpdatesUndone(spec: PodSpec, old: PodSpec): PodSpec {
  const keepsGrace = (old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1
  const undone: Record<string, unknown> = {
    ...spec,
    containers: withOldImages(spec.containers, old.containers),
    initContainers: spec.initContainers && withOldImages(spec.initContainers, old.initContainers ?? []),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
    ...(keepsGrace ? { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds } : {}),
  }
  return undone as unknown as PodSpec
}

function withOldImages(containers: readonly Container[], old: readonly Container[]): readonly Container[] {
  return containers.map((container, index) => {
    const { image: _, ...rest } = container
    const image = old[index]?.image
    return image === undefined ? rest : { ...rest, image }
  })
}
