import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { CounterSet, Device, ResourcePool, ResourceSlice, ResourceSliceSpec } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateNodeSelector } from '../validation/node-selector.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateDistinct } from './bounded-lists.ts'
import { validateDeviceDriver, validatePoolName } from './device-names.ts'
import { validateCounters, validateDevice } from './validate-device.ts'

const DEVICE_COUNT_MAX = 128
/** Devices with taints or counters take more room. */
const LARGE_DEVICE_COUNT_MAX = 64
const COUNTER_SET_COUNT_MAX = 8
const PLACE_RULE = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'

/** pkg/apis/resource/validation/validation.go ValidateResourceSlice and ValidateResourceSliceUpdate. */
export function* validateResourceSlice({ metadata, spec }: ResourceSlice, old?: ResourceSlice): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  const { driver = '', devices, sharedCounters, perDeviceNodeSelection } = unchecked(spec)
  const pool: Unchecked<ResourcePool> = unchecked(spec).pool ?? {}
  yield* validateDeviceDriver(driver, 'spec.driver')
  yield* validatePool(pool, 'spec.pool')
  if (old !== undefined) {
    yield* validateImmutable(pool.name, old.spec.pool.name, 'spec.pool.name')
    yield* validateImmutable(driver, old.spec.driver, 'spec.driver')
    yield* validateImmutable(spec.nodeName, old.spec.nodeName, 'spec.nodeName')
  }
  yield* validatePlace(spec)
  if (sharedCounters !== undefined && devices !== undefined) {
    yield invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')
  }
  yield* validateDevices(devices ?? [], old?.spec.devices ?? [], perDeviceNodeSelection === true)
  const byName = { countMax: COUNTER_SET_COUNT_MAX, keyOf: ({ name }: CounterSet) => name }
  yield* validateDistinct(sharedCounters ?? [], 'spec.sharedCounters', byName, (set, field) => {
    const { name = '', counters = {} } = unchecked(set)
    return validateCounters(name, counters, { name: `${field}.name`, counters: `${field}.counters` })
  })
}

function* validatePool(pool: Unchecked<ResourcePool>, field: string): Generator<Cause> {
  const { name = '', resourceSliceCount: count = 0, generation = 0 } = pool
  yield* validatePoolName(name, `${field}.name`)
  if (count <= 0) yield invalidValue(`${field}.resourceSliceCount`, count, 'must be greater than zero')
  if (generation < 0) {
    yield invalidValue(`${field}.generation`, generation, 'must be greater than or equal to zero')
  }
}

/** Where the devices are: on one node, on some, on all, or as each of them says. */
function* validatePlace(spec: ResourceSliceSpec): Generator<Cause> {
  const { nodeName, nodeSelector } = spec
  const places: string[] = []
  if (nodeName === '') {
    yield invalidValue('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string')
  } else if (nodeName !== undefined) {
    places.push('`nodeName`')
    yield* invalidFor('spec.nodeName', nodeName, nameIsDnsSubdomain(nodeName))
  }
  if (nodeSelector !== undefined) {
    places.push('`nodeSelector`')
    yield* validateNodeSelector(nodeSelector, 'spec.nodeSelector')
    const { nodeSelectorTerms = [] } = unchecked(nodeSelector)
    if (nodeSelectorTerms.length !== 1) {
      const rule = 'must have exactly one node selector term'
      yield invalidValue('spec.nodeSelector.nodeSelectorTerms', nodeSelectorTerms, rule)
    }
  }
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[name] === true) places.push(`\`${name}\``)
    else if (spec[name] === false) {
      yield invalidValue(`spec.${name}`, false, 'must be either unset or set to true')
    }
  }
  if (places.length === 0) yield required('spec', PLACE_RULE)
  else if (places.length > 1) {
    yield invalidValue('spec', `{${places.join(', ')}}`, `${PLACE_RULE}, but multiple fields are set`)
  }
}

function* validateDevices(
  devices: readonly Device[],
  oldDevices: readonly Device[],
  isPlacedAlone: boolean,
): Generator<Cause> {
  const areLarge = devices.some(({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0)
  const known = new Map(oldDevices.map((device) => [device.name, device]))
  const countMax = areLarge ? LARGE_DEVICE_COUNT_MAX : DEVICE_COUNT_MAX
  const byName = { countMax, keyOf: ({ name }: Device) => name }
  yield* validateDistinct(devices, 'spec.devices', byName, (device, field) =>
    validateDevice(device, field, { old: known.get(device.name), isPlacedAlone }),
  )
}
