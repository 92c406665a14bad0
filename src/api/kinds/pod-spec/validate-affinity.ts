import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateLabelName } from '../../names/labels.ts'
import { nameIsDnsLabel } from '../../names/object-names.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { Affinity, LabelSelector, PodAffinity, PodAffinityTerm } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateNodeSelector, validatePreferredTerms, validateWeight } from '../validation/node-selector.ts'
import type { Unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/validation/validation.go validateAffinity. */
export function* validateAffinity(
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity,
  field: string,
): Generator<Cause> {
  if (nodeAffinity !== undefined) {
    const place = `${field}.nodeAffinity`
    const { requiredDuringSchedulingIgnoredDuringExecution: demanded } = nodeAffinity
    if (demanded !== undefined) {
      yield* validateNodeSelector(demanded, `${place}.requiredDuringSchedulingIgnoredDuringExecution`)
    }
    yield* validatePreferredTerms(
      nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [],
      `${place}.preferredDuringSchedulingIgnoredDuringExecution`,
    )
  }
  if (podAffinity !== undefined) yield* validatePodAffinity(podAffinity, `${field}.podAffinity`)
  if (podAntiAffinity !== undefined) yield* validatePodAffinity(podAntiAffinity, `${field}.podAntiAffinity`)
}

/** The keys that occur more than once in a selector, each time again. */
export function* repeatedKeys({ matchLabels = {}, matchExpressions = [] }: LabelSelector): Generator<string> {
  const seen = new Set(Object.keys(matchLabels))
  for (const { key } of matchExpressions) {
    if (seen.has(key)) yield key
    seen.add(key)
  }
}

/** Affinity and anti-affinity are of one shape. */
function* validatePodAffinity(affinity: PodAffinity, field: string): Generator<Cause> {
  const demanded = `${field}.requiredDuringSchedulingIgnoredDuringExecution`
  for (const [index, term] of (affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    yield* validateTerm(term, `${demanded}[${index}]`)
  }
  const preferred = `${field}.preferredDuringSchedulingIgnoredDuringExecution`
  const weighted = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  for (const [index, { weight, podAffinityTerm }] of weighted.entries()) {
    yield* validateWeight(weight, `${preferred}[${index}].weight`)
    yield* validateTerm(podAffinityTerm, `${preferred}[${index}].podAffinityTerm`)
  }
}

function* validateTerm(term: Unchecked<PodAffinityTerm>, field: string): Generator<Cause> {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term
  yield* validateLabelSelector(labelSelector, `${field}.labelSelector`)
  yield* validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
  for (const name of namespaces) yield* invalidFor(`${field}.namespace`, name, nameIsDnsLabel(name))
  yield* validateLabelKeys(term, field)
  if (topologyKey === '') yield required(`${field}.topologyKey`, 'can not be empty')
  yield* validateLabelName(topologyKey, `${field}.topologyKey`)
}

/**
 * validateMatchLabelKeysAndMismatchLabelKeys. By now the keys were merged into the selector, so that a key which occurs
 * twice was in the selector before.
 */
function* validateLabelKeys(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Unchecked<PodAffinityTerm>,
  field: string,
): Generator<Cause> {
  yield* validateKeyList(matchLabelKeys, labelSelector, `${field}.matchLabelKeys`)
  yield* validateKeyList(mismatchLabelKeys, labelSelector, `${field}.mismatchLabelKeys`)
  for (const key of labelSelector === undefined ? [] : repeatedKeys(labelSelector)) {
    const index = matchLabelKeys.lastIndexOf(key)
    if (index < 0) continue
    yield invalidValue(`${field}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue
    yield invalidValue(`${field}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')
  }
}

function* validateKeyList(
  keys: readonly string[],
  labelSelector: LabelSelector | undefined,
  field: string,
): Generator<Cause> {
  if (keys.length === 0) return
  if (labelSelector === undefined) {
    yield forbiddenField(field, 'must not be specified when labelSelector is not set')
    return
  }
  for (const [index, key] of keys.entries()) yield* validateLabelName(key, `${field}[${index}]`)
}
