import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { LabelSelector, PodTemplateSpec } from '../../types.generated.ts'
import { validatePodTemplate } from '../pod-spec/validate-pod-template.ts'
import { isEmptySelector, readSelector, validateTemplateIsSelected } from '../strategy/selectors.ts'
import { sortedSelector } from '../strategy/sorted-map.ts'

/** The selector of a kind that keeps pods: it must be there, and select something in particular. */
export function* validateWorkloadSelector(selector: LabelSelector | undefined, emptyRule: string): Generator<Cause> {
  const field = 'spec.selector'
  if (selector === undefined) {
    yield required(field, '')
    return
  }
  yield* validateLabelSelector(selector, field)
  if (isEmptySelector(selector)) yield invalidValue(field, {}, emptyRule)
}

/** The template of a Deployment or ReplicaSet: ValidatePodTemplateSpecForReplicaSet. */
export function* validateReplicatedTemplate(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
): Generator<Cause> {
  const matcher = readSelector(selector)
  if (matcher === undefined) {
    yield invalidValue('spec.selector', sortedSelector(selector), 'invalid label selector')
    return
  }
  if (!matcher.isEmpty) yield* validateTemplateIsSelected(template, matcher, 'spec.template')
  yield* validatePodTemplate(template, 'spec.template')
  yield* validateLastingTemplate(template, 'activeDeadlineSeconds in ReplicaSet is not Supported')
}

/** Pods that are replaced for ever neither end by themselves nor by a deadline. */
export function* validateLastingTemplate({ spec }: PodTemplateSpec, deadlineRule: string): Generator<Cause> {
  const { restartPolicy = '', activeDeadlineSeconds } = spec ?? {}
  if (restartPolicy !== 'Always') {
    yield notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])
  }
  if (activeDeadlineSeconds !== undefined) {
    yield forbiddenField('spec.template.spec.activeDeadlineSeconds', deadlineRule)
  }
}
