import type { Cause } from '../../errors.ts'
import { forbiddenField } from '../../errors.ts'
import { validateAnnotations } from '../../names/labels.ts'
import type { PodSpec, PodTemplateSpec } from '../../types.generated.ts'
import { validateKnownLabels } from '../validation/object-meta.ts'
import { validatePodAnnotations, validateProfilesMatch } from './validate-pod-annotations.ts'
import { validatePodSpec } from './validate-pod-spec.ts'

/** Templates that were found valid, with their place: an update of something else does not look at them again. */
const validTemplates = new WeakMap<PodTemplateSpec, string>()

/**
 * The rules for a template in any kind that holds one; `field` is where it stands, such as `spec.template`
 * (pkg/apis/core/validation/validation.go ValidatePodTemplateSpec). Expects a defaulted template.
 */
export function* validatePodTemplate(template: PodTemplateSpec, field: string): Generator<Cause> {
  if (validTemplates.get(template) === field) return
  let valid = true
  for (const cause of validateParts(template, field)) {
    valid = false
    yield cause
  }
  if (valid) validTemplates.set(template, field)
}

function* validateParts({ metadata, spec = NO_SPEC }: PodTemplateSpec, field: string): Generator<Cause> {
  yield* validateKnownLabels(metadata?.labels, `${field}.labels`)
  yield* validateAnnotations(metadata?.annotations, `${field}.annotations`)
  yield* validatePodAnnotations(metadata?.annotations, spec, `${field}.annotations`)
  yield* validatePodSpec(spec, { field: `${field}.spec`, isPod: false })
  yield* validateProfilesMatch(metadata?.annotations, spec, `${field}.spec`)
  if ((spec.ephemeralContainers ?? []).length > 0) {
    yield forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')
  }
}

const NO_SPEC: PodSpec = { containers: [] }
