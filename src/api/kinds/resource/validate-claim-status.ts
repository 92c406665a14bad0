import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, tooLong, tooMany } from '../../errors.ts'
import { validateInterfaceAddress } from '../../names/ip.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../../types.generated.ts'
import { validateConditions } from '../strategy/conditions.ts'
import { validateChoice } from '../validation/choices.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateNodeSelector } from '../validation/node-selector.ts'
import { requireFields } from '../validation/required-fields.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateDistinct, validateList } from './bounded-lists.ts'
import { validateDeviceDriver, validateDeviceLabel, validatePoolName, validateShareId } from './device-names.ts'
import {
  CONFIGURATION_COUNT_MAX,
  type RequestNames,
  requestNamesOf,
  validateRequestReference,
  validateRequestReferences,
} from './validate-device-claim.ts'
import {
  validateBinding,
  validateConfiguration,
  validateDeviceToleration,
  validateRawObject,
} from './validate-device-parts.ts'

const CONSUMER_COUNT_MAX = 256
const RESULT_COUNT_MAX = 32
const CONDITION_COUNT_MAX = 8
const DATA_MAX_BYTES = 10 * 1024
const ADDRESS_COUNT_MAX = 16
const INTERFACE_NAME_SIZE_MAX = 256
const HARDWARE_ADDRESS_SIZE_MAX = 128
const SOURCES: readonly string[] = ['FromClaim', 'FromClass']

type DeviceName = Pick<AllocatedDeviceStatus, 'device' | 'driver' | 'pool' | 'shareID'>

/** `driver/pool/device`, with the share of a device that others use too. */
function printDevice({ driver, pool, device, shareID }: DeviceName): string {
  const name = `${driver}/${pool}/${device}`
  return shareID === undefined ? name : `${name}/${shareID}`
}

/** pkg/apis/resource/validation/validation.go validateResourceClaimStatusUpdate. */
export function* validateClaimStatus(
  { metadata, spec, status = {} }: ResourceClaim,
  old: ResourceClaim,
): Generator<Cause> {
  const { reservedFor = [], allocation, devices = [] } = status
  const byUid = { countMax: CONSUMER_COUNT_MAX, keyOf: ({ uid }: ResourceClaimConsumerReference) => uid }
  yield* validateDistinct(reservedFor, 'status.reservedFor', byUid, (consumer, field) =>
    requireFields(consumer, field, ['resource', 'name', 'uid']),
  )
  const allocated = new Set((allocation?.devices?.results ?? []).map(printDevice))
  yield* validateDistinct(devices, 'status.devices', { keyOf: printDevice }, (device, field) =>
    validateDeviceStatus(device, field, allocated),
  )
  if (reservedFor.length > 0) {
    const wasReserved = new Set((old.status?.reservedFor ?? []).map(({ uid }) => uid))
    if (allocation === undefined) {
      yield forbiddenField('status.reservedFor', 'may not be specified when `allocated` is not set')
    } else if (metadata.deletionTimestamp !== undefined && reservedFor.some(({ uid }) => !wasReserved.has(uid))) {
      const rule = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
      yield forbiddenField('status.reservedFor', rule)
    }
  }
  if (allocation === undefined) return
  if (old.status?.allocation === undefined) yield* validateAllocation(allocation, requestNamesOf(spec))
  else yield* validateImmutable(allocation, old.status.allocation, 'status.allocation')
}

function* validateAllocation({ devices = {}, nodeSelector }: AllocationResult, names: RequestNames): Generator<Cause> {
  const field = 'status.allocation.devices'
  const { results = [], config = [] } = devices
  yield* validateList(results, `${field}.results`, { countMax: RESULT_COUNT_MAX }, (result, at) =>
    validateResult(result, at, names),
  )
  // Those of the class come on top of those of the claim.
  yield* validateList(config, `${field}.config`, { countMax: 2 * CONFIGURATION_COUNT_MAX }, (one, at) =>
    validateAllocationConfiguration(one, at, names),
  )
  if (nodeSelector !== undefined) yield* validateNodeSelector(nodeSelector, 'status.allocation.nodeSelector')
}

function* validateResult(result: DeviceRequestAllocationResult, field: string, names: RequestNames): Generator<Cause> {
  yield* validateRequestReference(unchecked(result).request ?? '', `${field}.request`, names)
  yield* validateDeviceName(result, field)
  yield* validateBinding(result, field)
  for (const [index, toleration] of (result.tolerations ?? []).entries()) {
    yield* validateDeviceToleration(toleration, `${field}.tolerations[${index}]`)
  }
  if (result.shareID !== undefined) yield* validateShareId(result.shareID, `${field}.shareID`)
}

function* validateDeviceName(name: Unchecked<DeviceName>, field: string): Generator<Cause> {
  const { driver = '', pool = '', device = '' } = name
  yield* validateDeviceDriver(driver, `${field}.driver`)
  yield* validatePoolName(pool, `${field}.pool`)
  yield* validateDeviceLabel(device, `${field}.device`)
}

function* validateAllocationConfiguration(
  config: DeviceAllocationConfiguration,
  field: string,
  names: RequestNames,
): Generator<Cause> {
  yield* validateChoice(config.source, `${field}.source`, SOURCES)
  yield* validateRequestReferences(config.requests ?? [], `${field}.requests`, names)
  yield* validateConfiguration(config, field)
}

function* validateDeviceStatus(
  device: AllocatedDeviceStatus,
  field: string,
  allocated: ReadonlySet<string>,
): Generator<Cause> {
  const { shareID, conditions = [], data, networkData } = device
  yield* validateDeviceName(device, field)
  if (shareID !== undefined) yield* validateShareId(shareID, `${field}.shareID`)
  const name = printDevice(device)
  if (!allocated.has(name)) yield invalidValue(field, name, 'must be an allocated device in the claim')
  if (conditions.length > CONDITION_COUNT_MAX) {
    yield tooMany(`${field}.conditions`, conditions.length, CONDITION_COUNT_MAX)
  }
  yield* validateConditions(conditions, `${field}.conditions`)
  if (data !== undefined) yield* validateRawObject(data, `${field}.data`, DATA_MAX_BYTES)
  if (networkData !== undefined) yield* validateNetworkData(networkData, `${field}.networkData`)
}

function* validateNetworkData(
  { interfaceName = '', hardwareAddress = '', ips = [] }: NetworkDeviceData,
  field: string,
): Generator<Cause> {
  if (Buffer.byteLength(interfaceName) > INTERFACE_NAME_SIZE_MAX) {
    yield tooLong(`${field}.interfaceName`, INTERFACE_NAME_SIZE_MAX)
  }
  if (Buffer.byteLength(hardwareAddress) > HARDWARE_ADDRESS_SIZE_MAX) {
    yield tooLong(`${field}.hardwareAddress`, HARDWARE_ADDRESS_SIZE_MAX)
  }
  const each = { countMax: ADDRESS_COUNT_MAX, keyOf: (address: string) => address }
  yield* validateDistinct(ips, `${field}.ips`, each, validateInterfaceAddress)
}
