import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../types.generated.ts'
import { goForm } from '../strategy/go-form.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateFlowConditions } from './flow-conditions.ts'
import { EXEMPT, MANDATORY_PRIORITY_LEVELS } from './mandatory-objects.ts'

const TYPES: readonly string[] = ['Exempt', 'Limited']
const RESPONSES: readonly string[] = ['Queue', 'Reject']
const QUEUE_COUNT_MAX = 10_000_000
/** k8s.io/apiserver pkg/util/shufflesharding: so many bits of a flow's hash deal its hand of queues. */
const HASH_BITS_MAX = 60

/** pkg/apis/flowcontrol/validation/validation.go ValidatePriorityLevelConfiguration, for creations and updates alike. */
export function* validatePriorityLevel(level: PriorityLevelConfiguration): Generator<Cause> {
  const { metadata, spec, status } = level
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  yield* validateSpec(metadata.name, spec)
  yield* validateMandatory(metadata.name, spec)
  yield* validateFlowConditions(status?.conditions ?? [])
}

function* validateMandatory(name: string, spec: PriorityLevelConfigurationSpec): Generator<Cause> {
  if (name === EXEMPT) {
    if (spec.type === 'Exempt' && spec.limited === undefined) return
    const rule = `spec of '${EXEMPT}' except the 'spec.exempt' field must equal the fixed value`
    yield invalidValue('spec', goForm(spec), rule)
    return
  }
  const fixed = MANDATORY_PRIORITY_LEVELS.get(name)
  if (fixed !== undefined && !semanticEqual(fixed, spec)) {
    yield invalidValue('spec', goForm(spec), `spec of '${name}' must equal the fixed value`)
  }
}

function* validateSpec(name: string, spec: PriorityLevelConfigurationSpec): Generator<Cause> {
  const { type = '', exempt, limited } = unchecked(spec)
  if ((name === EXEMPT) !== (type === 'Exempt')) {
    yield invalidValue('spec.type', type, `type must be 'Exempt' if and only if name is '${EXEMPT}'`)
  }
  if (type === 'Exempt') {
    if (limited !== undefined) yield forbiddenField('spec.limited', 'must be nil if the type is not Limited')
    const { nominalConcurrencyShares, lendablePercent } = exempt ?? {}
    yield* validateShares(nominalConcurrencyShares, 'spec.exempt.nominalConcurrencyShares')
    yield* validatePercent(lendablePercent, 'spec.exempt.lendablePercent')
  } else if (type === 'Limited') {
    if (exempt !== undefined) yield forbiddenField('spec.exempt', 'must be nil if the type is Limited')
    if (limited === undefined) yield required('spec.limited', 'must not be empty when type is Limited')
    else yield* validateLimited(limited)
  } else yield notSupported('spec.type', type, TYPES)
}

function* validateLimited(limited: LimitedPriorityLevelConfiguration): Generator<Cause> {
  const { nominalConcurrencyShares, limitResponse = {}, lendablePercent, borrowingLimitPercent = 0 } = limited
  yield* validateShares(nominalConcurrencyShares, 'spec.limited.nominalConcurrencyShares')
  yield* validateResponse(limitResponse, 'spec.limited.limitResponse')
  yield* validatePercent(lendablePercent, 'spec.limited.lendablePercent')
  if (borrowingLimitPercent < 0) {
    const rule = 'if specified, must be a non-negative integer'
    yield invalidValue('spec.limited.borrowingLimitPercent', borrowingLimitPercent, rule)
  }
}

function* validateShares(shares: number | undefined, field: string): Generator<Cause> {
  if (shares !== undefined && shares < 0) yield invalidValue(field, shares, 'must be a non-negative integer')
}

function* validatePercent(percent: number | undefined, field: string): Generator<Cause> {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return
  yield invalidValue(field, percent, 'must be between 0 and 100, inclusive')
}

function* validateResponse({ type = '', queuing }: Unchecked<LimitResponse>, field: string): Generator<Cause> {
  if (type === 'Reject') {
    if (queuing === undefined) return
    yield forbiddenField(`${field}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')
  } else if (type !== 'Queue') yield notSupported(`${field}.type`, type, RESPONSES)
  else if (queuing === undefined) {
    yield required(`${field}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')
  } else yield* validateQueuing(queuing, `${field}.queuing`)
}

function* validateQueuing(queuing: QueuingConfiguration, field: string): Generator<Cause> {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing
  if (queueLengthLimit <= 0) yield invalidValue(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive')
  if (queues <= 0) yield invalidValue(`${field}.queues`, queues, 'must be positive')
  else if (queues > QUEUE_COUNT_MAX) {
    yield invalidValue(`${field}.queues`, queues, `must not be greater than ${QUEUE_COUNT_MAX}`)
  }
  if (handSize <= 0) yield invalidValue(`${field}.handSize`, handSize, 'must be positive')
  else if (handSize > queues) {
    yield invalidValue(`${field}.handSize`, handSize, `should not be greater than queues (${queues})`)
  } else if (Math.ceil(Math.log2(queues) * handSize) > HASH_BITS_MAX) {
    const sizes = `required entropy bits of deckSize ${queues} and handSize ${handSize}`
    yield invalidValue(`${field}.handSize`, handSize, `${sizes} should not be greater than ${HASH_BITS_MAX}`)
  }
}
