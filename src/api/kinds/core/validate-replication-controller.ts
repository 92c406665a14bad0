import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { PodTemplateSpec, ReplicationController, ReplicationControllerSpec } from '../../types.generated.ts'
import { validatePodTemplate } from '../pod-spec/validate-pod-template.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateReplicaCounts } from '../validation/replica-counts.ts'

/** pkg/apis/core/validation/validation.go ValidateReplicationController. */
export function* validateReplicationController({ metadata, spec }: ReplicationController): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateSpec(spec ?? {})
}

export function* validateReplicationControllerUpdate(
  { metadata, spec }: ReplicationController,
  old: ReplicationController,
): Generator<Cause> {
  yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateSpec(spec ?? {})
}

/** ValidateReplicationControllerStatusUpdate. */
export function* validateReplicationControllerStatus(
  { metadata, status }: ReplicationController,
  old: ReplicationController,
): Generator<Cause> {
  yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateReplicaCounts(status ?? { replicas: 0 }, 'status')
}

function* validateSpec(spec: ReplicationControllerSpec): Generator<Cause> {
  const { selector = {}, template } = spec
  yield* validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds')
  if (Object.keys(selector).length === 0) yield required('spec.selector', '')
  yield* validateNonNegative(spec.replicas, 'spec.replicas')
  if (template === undefined) yield required('spec.template', '')
  else yield* validateTemplate(template, selector)
}

/** ValidatePodTemplateSpecForRC. */
function* validateTemplate(template: PodTemplateSpec, selector: Readonly<Record<string, string>>): Generator<Cause> {
  const labels = template.metadata?.labels ?? {}
  if (!Object.entries(selector).every(([name, value]) => labels[name] === value)) {
    yield invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')
  }
  yield* validatePodTemplate(template, 'spec.template')
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {}
  if (restartPolicy !== 'Always') yield notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])
  if (activeDeadlineSeconds !== undefined) {
    const rule = 'activeDeadlineSeconds in ReplicationController is not Supported'
    yield forbiddenField('spec.template.spec.activeDeadlineSeconds', rule)
  }
}
