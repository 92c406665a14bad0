import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateDistinct, validateList } from './bounded-lists.ts'
import { validateDeviceLabel, validateFullAttributeName } from './device-names.ts'
import { validateDeviceSelectors } from './device-selectors.ts'
import { validateConfiguration, validateDeviceToleration } from './validate-device-parts.ts'

const MODES: readonly string[] = ['All', 'ExactCount']
export const REQUEST_COUNT_MAX = 32
export const CONFIGURATION_COUNT_MAX = 32
const CONSTRAINT_COUNT_MAX = 32
const ALTERNATIVE_COUNT_MAX = 8

const REQUEST_RULE =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

/** The names by which parts of a claim speak of its requests: `gpu`, or `gpu/small` for one of its alternatives. */
export type RequestNames = ReadonlySet<string>

export function requestNamesOf({ devices }: ResourceClaimSpec): RequestNames {
  return new Set(
    (devices?.requests ?? []).flatMap(({ name, firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  )
}

/** pkg/apis/resource/validation/validation.go validateResourceClaimSpec. */
export function* validateClaimSpec(spec: ResourceClaimSpec, field: string): Generator<Cause> {
  const { requests = [], constraints = [], config = [] }: DeviceClaim = spec.devices ?? {}
  const names = requestNamesOf(spec)
  const devices = `${field}.devices`
  const byName = { countMax: REQUEST_COUNT_MAX, keyOf: ({ name }: DeviceRequest) => name }
  yield* validateDistinct(requests, `${devices}.requests`, byName, validateRequest)
  yield* validateList(constraints, `${devices}.constraints`, { countMax: CONSTRAINT_COUNT_MAX }, (constraint, at) =>
    validateConstraint(constraint, at, names),
  )
  yield* validateList(config, `${devices}.config`, { countMax: CONFIGURATION_COUNT_MAX }, (one, at) =>
    validateClaimConfiguration(one, at, names),
  )
}

/** validateRequestNameRef, for each of a list. */
export function validateRequestReferences(
  references: readonly string[],
  field: string,
  names: RequestNames,
): Iterable<Cause> {
  const each = { countMax: REQUEST_COUNT_MAX, keyOf: (name: string) => name }
  return validateDistinct(references, field, each, (name, at) => validateRequestReference(name, at, names))
}

export function* validateRequestReference(name: string, field: string, names: RequestNames): Generator<Cause> {
  const parts = name.split('/')
  if (parts.length <= 2) for (const part of parts) yield* validateDeviceLabel(part, field)
  if (!names.has(name)) yield invalidValue(field, name, REQUEST_RULE)
}

function* validateRequest(request: Unchecked<DeviceRequest>, field: string): Generator<Cause> {
  const { name = '', exactly, firstAvailable = [] } = request
  yield* validateDeviceLabel(name, `${field}.name`)
  const rule = 'exactly one of `exactly` or `firstAvailable` is required'
  if (exactly !== undefined && firstAvailable.length > 0) {
    yield invalidValue(field, null, `${rule}, but multiple fields are set`)
  } else if (exactly !== undefined) yield* validateDemand(exactly, `${field}.exactly`)
  else if (firstAvailable.length > 0) {
    const byName = { countMax: ALTERNATIVE_COUNT_MAX, keyOf: (one: DeviceSubRequest) => one.name }
    yield* validateDistinct(firstAvailable, `${field}.firstAvailable`, byName, validateAlternative)
  } else yield required(field, rule)
}

function* validateAlternative(request: DeviceSubRequest, field: string): Generator<Cause> {
  yield* validateDeviceLabel(unchecked(request).name ?? '', `${field}.name`)
  yield* validateDemand(request, field)
}

function* validateDemand(
  request: Unchecked<ExactDeviceRequest> | Unchecked<DeviceSubRequest>,
  field: string,
): Generator<Cause> {
  const { deviceClassName = '', selectors = [], allocationMode = '', count = 0, tolerations = [] } = request
  if (deviceClassName === '') yield required(`${field}.deviceClassName`, '')
  else yield* invalidFor(`${field}.deviceClassName`, deviceClassName, validateDns1123Subdomain(deviceClassName))
  yield* validateDeviceSelectors(selectors, `${field}.selectors`)
  if (allocationMode === 'All') {
    if (count !== 0) {
      const rule = `must not be specified when allocationMode is '${allocationMode}'`
      yield invalidValue(`${field}.count`, count, rule)
    }
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) yield invalidValue(`${field}.count`, count, 'must be greater than zero')
  } else yield notSupported(`${field}.allocationMode`, allocationMode, MODES)
  for (const [index, toleration] of tolerations.entries()) {
    yield* validateDeviceToleration(toleration, `${field}.tolerations[${index}]`)
  }
}

function* validateConstraint(
  { requests = [], matchAttribute, distinctAttribute }: DeviceConstraint,
  field: string,
  names: RequestNames,
): Generator<Cause> {
  yield* validateRequestReferences(requests, `${field}.requests`, names)
  if (matchAttribute !== undefined) yield* validateFullAttributeName(matchAttribute, `${field}.matchAttribute`)
  else if (distinctAttribute !== undefined) {
    yield* validateFullAttributeName(distinctAttribute, `${field}.distinctAttribute`)
  } else {
    // The words say the contrary of what is wrong; they are upstream's.
    const rule = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
    yield required(field, rule)
  }
}

function* validateClaimConfiguration(
  config: DeviceClaimConfiguration,
  field: string,
  names: RequestNames,
): Generator<Cause> {
  yield* validateRequestReferences(config.requests ?? [], `${field}.requests`, names)
  yield* validateConfiguration(config, field)
}
