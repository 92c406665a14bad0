import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateLabelName } from '../../names/labels.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { TopologySpreadConstraint } from '../../types.generated.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { NOT_POSITIVE_MESSAGE } from '../validation/numbers.ts'
import { repeatedKeys } from './validate-affinity.ts'
import { unchecked } from '../validation/unchecked.ts'

const ACTIONS: readonly string[] = ['DoNotSchedule', 'ScheduleAnyway']
const NODE_POLICIES: readonly string[] = ['Honor', 'Ignore']

/** pkg/apis/core/validation/validation.go validateTopologySpreadConstraints. */
export function* validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[],
  field: string,
  { isPod }: { readonly isPod: boolean },
): Generator<Cause> {
  for (const [index, constraint] of constraints.entries()) {
    const place = `${field}[${index}]`
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = unchecked(constraint)
    if (maxSkew <= 0) yield invalidValue(`${place}.maxSkew`, maxSkew, NOT_POSITIVE_MESSAGE)
    if (topologyKey === '') yield required(`${place}.topologyKey`, 'can not be empty')
    if (!ACTIONS.includes(whenUnsatisfiable)) {
      yield notSupported(`${place}.whenUnsatisfiable`, whenUnsatisfiable, ACTIONS)
    }
    const repeated = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
    if (repeated) {
      yield duplicate(`${place}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)
    }
    if (minDomains !== undefined) yield* validateMinDomains(minDomains, whenUnsatisfiable, `${place}.minDomains`)
    yield* validateOptionalChoice(constraint.nodeAffinityPolicy, `${place}.nodeAffinityPolicy`, NODE_POLICIES)
    yield* validateOptionalChoice(constraint.nodeTaintsPolicy, `${place}.nodeTaintsPolicy`, NODE_POLICIES)
    yield* validateMatchLabelKeys(constraint, `${place}.matchLabelKeys`, isPod)
    yield* validateLabelSelector(constraint.labelSelector, `${place}.labelSelector`)
  }
}

function* validateMinDomains(minDomains: number, action: string, field: string): Generator<Cause> {
  if (minDomains <= 0) yield invalidValue(field, minDomains, NOT_POSITIVE_MESSAGE)
  if (action !== 'DoNotSchedule') {
    const rule = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`
    yield invalidValue(field, minDomains, rule)
  }
}

/**
 * A key may not stand in the selector as well. In a pod the server has merged the keys into the selector, so that only
 * those that are there twice were there before.
 */
function* validateMatchLabelKeys(
  { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint,
  field: string,
  isPod: boolean,
): Generator<Cause> {
  if (matchLabelKeys.length === 0) return
  if (labelSelector === undefined) yield forbiddenField(field, 'must not be specified when labelSelector is not set')
  const { matchLabels = {}, matchExpressions = [] } = labelSelector ?? {}
  const taken = isPod
    ? new Set(repeatedKeys({ matchLabels, matchExpressions }))
    : new Set([...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)])
  for (const [index, key] of matchLabelKeys.entries()) {
    yield* validateLabelName(key, `${field}[${index}]`)
    if (taken.has(key)) yield invalidValue(`${field}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')
  }
}
