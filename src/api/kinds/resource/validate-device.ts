import type { Cause } from '../../errors.ts'
import { invalidValue, required, tooLong, tooMany } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { Counter, Device, DeviceAttribute, DeviceCounterConsumption } from '../../types.generated.ts'
import { goForm } from '../strategy/go-form.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateNodeSelector } from '../validation/node-selector.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateDistinct, validateList } from './bounded-lists.ts'
import { validateAttributeName, validateDeviceLabel } from './device-names.ts'
import { validateCapacity } from './validate-capacities.ts'
import { validateBinding, validateDeviceTaint } from './validate-device-parts.ts'

const NAME_COUNT_MAX = 32
const VALUE_SIZE_MAX = 64
const TAINT_COUNT_MAX = 16
const CONSUMPTION_COUNT_MAX = 2
const COUNTER_COUNT_MAX = 32

const NUMBER = '(0|[1-9]\\d*)'
const PRE_RELEASE = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const BUILD = '[0-9a-zA-Z-]+'
/** semver.org. */
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${PRE_RELEASE}(\\.${PRE_RELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`,
)

/** pkg/apis/resource/validation/validation.go validateDevice. */
export function* validateDevice(
  device: Device,
  field: string,
  { old, isPlacedAlone }: { readonly old: Device | undefined; readonly isPlacedAlone: boolean },
): Generator<Cause> {
  const { attributes = {}, capacity = {}, taints = [], consumesCounters = [] } = device
  yield* validateDeviceLabel(unchecked(device).name ?? '', `${field}.name`)
  const nameCount = Object.keys(attributes).length + Object.keys(capacity).length
  if (nameCount > NAME_COUNT_MAX) {
    const rule = `the total number of attributes and capacities must not exceed ${NAME_COUNT_MAX}`
    yield invalidValue(field, nameCount, rule)
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    yield* validateAttributeName(name, `${field}.attributes`)
    yield* validateAttribute(attribute, `${field}.attributes[${name}]`)
  }
  if (!semanticEqual(capacity, old?.capacity)) {
    for (const [name, one] of Object.entries(capacity)) {
      yield* validateAttributeName(name, `${field}.capacity`)
      const isShared = device.allowMultipleAllocations === true
      yield* validateCapacity(one, `${field}.capacity[${name}]`, { isShared })
    }
  }
  if (!semanticEqual(taints, old?.taints)) {
    yield* validateList(taints, `${field}.taints`, { countMax: TAINT_COUNT_MAX }, validateDeviceTaint)
  }
  const bySet = { countMax: CONSUMPTION_COUNT_MAX, keyOf: (one: DeviceCounterConsumption) => one.counterSet }
  yield* validateDistinct(consumesCounters, `${field}.consumesCounters`, bySet, (one, at) => {
    const { counterSet = '', counters = {} } = unchecked(one)
    return validateCounters(counterSet, counters, { name: `${at}.counterSet`, counters: `${at}.counters` })
  })
  yield* validatePlace(device, field, isPlacedAlone)
  yield* validateBinding(device, field)
}

/** A set of counters by its name: one that is there, or one that a device takes from. */
export function* validateCounters(
  name: string,
  counters: Readonly<Record<string, Counter>>,
  fields: { readonly name: string; readonly counters: string },
): Generator<Cause> {
  if (name === '') yield required(fields.name, '')
  else yield* validateDeviceLabel(name, fields.name)
  const names = Object.keys(counters)
  if (names.length === 0) yield required(fields.counters, '')
  else if (names.length > COUNTER_COUNT_MAX) yield tooMany(fields.counters, names.length, COUNTER_COUNT_MAX)
  else for (const one of names) yield* validateDeviceLabel(one, fields.counters)
}

function* validateAttribute(attribute: DeviceAttribute, field: string): Generator<Cause> {
  const { string: text, version } = attribute
  if (text !== undefined && Buffer.byteLength(text) > VALUE_SIZE_MAX) yield tooLong(`${field}.string`, VALUE_SIZE_MAX)
  if (version !== undefined) {
    if (!VERSION.test(version)) {
      yield invalidValue(`${field}.version`, version, 'must be a string compatible with semver.org spec 2.0.0')
    }
    if (Buffer.byteLength(version) > VALUE_SIZE_MAX) yield tooLong(`${field}.version`, VALUE_SIZE_MAX)
  }
  const valueCount = Object.keys(attribute).length
  if (valueCount === 1) return
  yield invalidValue(field, valueCount === 0 ? '' : goForm(attribute), 'exactly one value must be specified')
}

/** Where a device is, where its slice leaves that to its devices. */
function* validatePlace(
  { nodeName, nodeSelector, allNodes }: Device,
  field: string,
  isPlacedAlone: boolean,
): Generator<Cause> {
  if (!isPlacedAlone) {
    if (nodeName === undefined && nodeSelector === undefined && allNodes === undefined) return
    const rule = 'can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
    yield invalidValue(field, null, `\`nodeName\`, \`nodeSelector\` and \`allNodes\` ${rule}`)
    return
  }
  const places: string[] = []
  if (nodeName === '') yield invalidValue(`${field}.nodeName`, nodeName, 'must not be empty')
  else if (nodeName !== undefined) {
    places.push('`nodeName`')
    yield* invalidFor(`${field}.nodeName`, nodeName, nameIsDnsSubdomain(nodeName))
  }
  if (nodeSelector !== undefined) {
    places.push('`nodeSelector`')
    yield* validateNodeSelector(nodeSelector, `${field}.nodeSelector`)
  }
  if (allNodes === true) places.push('`allNodes`')
  else if (allNodes === false) {
    yield invalidValue(`${field}.allNodes`, allNodes, 'must be either unset or set to true')
  }
  if (places.length === 1) return
  const rule =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  yield places.length === 0 ? required(field, rule) : invalidValue(field, `{${places.join(', ')}}`, rule)
}
