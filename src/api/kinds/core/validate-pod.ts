import type { Cause } from '../../errors.ts'
import { forbiddenField } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { Pod } from '../../types.generated.ts'
import { validateSpecOfPod } from '../pod-spec/known-valid.ts'
import { validatePodAnnotations, validateProfilesMatch } from '../pod-spec/validate-pod-annotations.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'

/** pkg/apis/core/validation/validation.go ValidatePodCreate. */
export function* validatePodCreate(pod: Pod): Generator<Cause> {
  const { metadata, spec } = pod
  yield* validatePod(pod)
  if ((spec.ephemeralContainers ?? []).length > 0) {
    yield forbiddenField('spec.ephemeralContainers', 'cannot be set on create')
  }
  if ((spec.nodeName ?? '') !== '' && (spec.schedulingGates ?? []).length > 0) {
    yield forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')
  }
  yield* validateProfilesMatch(metadata.annotations, spec, 'spec')
}

/** validatePodMetadataAndSpec: what holds for a pod at all times. */
export function* validatePod({ metadata, spec }: Pod): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations')
  yield* validateSpecOfPod(spec, metadata.name)
}
