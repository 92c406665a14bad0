import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { type LabelMatcher, SelectorError } from '../../selectors/label-matcher.ts'
import { matcherOfSelector } from '../../selectors/label-selector.ts'
import type { LabelSelector, PodTemplateSpec } from '../../types.generated.ts'
import { IMMUTABLE_MESSAGE } from '../validation/immutability.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { sortedMap, sortedSelector } from './sorted-map.ts'

/** What a selector selects; nothing is returned for one that breaks a rule, which validation has then named. */
export function readSelector(selector: LabelSelector | undefined): LabelMatcher | undefined {
  try {
    return matcherOfSelector(selector)
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}

export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0
}

/** A controller must select the pods that it makes. `field` is where the template stands. */
export function* validateTemplateIsSelected(
  { metadata }: PodTemplateSpec,
  matcher: LabelMatcher,
  field: string,
): Generator<Cause> {
  if (matcher.matches(metadata?.labels ?? {})) return
  const labels = sortedMap(metadata?.labels)
  yield invalidValue(`${field}.metadata.labels`, labels, '`selector` does not match template `labels`')
}

export function* validateSameSelector(
  selector: LabelSelector | undefined,
  old: LabelSelector | undefined,
): Generator<Cause> {
  if (!semanticEqual(selector, old)) yield invalidValue('spec.selector', sortedSelector(selector), IMMUTABLE_MESSAGE)
}
