import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { compareQuantities, milliValueOf, printQuantity, type Quantity, quantityOf } from '../../quantity.ts'
import type { LimitRange, LimitRangeItem } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from '../validation/resource-names.ts'

const TYPES: readonly string[] = ['Pod', 'Container', 'PersistentVolumeClaim']

/** pkg/apis/core/validation/validation.go ValidateLimitRange. */
export function* validateLimitRange({ metadata, spec }: LimitRange): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  const types = new Set<string>()
  for (const [index, item] of (spec?.limits ?? []).entries()) {
    const field = `spec.limits[${index}]`
    yield* validateType(item.type, `${field}.type`)
    if (types.has(item.type)) yield duplicate(`${field}.type`, item.type)
    types.add(item.type)
    yield* validateItem(item, field)
  }
}

function* validateType(type: string, field: string): Generator<Cause> {
  const problems = validateQualifiedName(type)
  yield* invalidFor(field, type, problems)
  if (problems.length > 0 || type.includes('/') || TYPES.includes(type)) return
  yield invalidValue(field, type, 'must be a standard limit type or fully qualified')
}

function* validateItem(item: LimitRangeItem, field: string): Generator<Cause> {
  yield* validateNames(item, 'max', field)
  yield* validateNames(item, 'min', field)
  if (item.type === 'Pod') {
    for (const name of ['default', 'defaultRequest'] as const) {
      if (Object.keys(item[name] ?? {}).length === 0) continue
      yield forbiddenField(`${field}.${name}`, "may not be specified when `type` is 'Pod'")
    }
  } else {
    yield* validateNames(item, 'default', field)
    yield* validateNames(item, 'defaultRequest', field)
  }
  const hasBound = item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined
  if (item.type === 'PersistentVolumeClaim' && !hasBound) {
    const rule = 'either minimum or maximum storage value is required, but neither was provided'
    yield required(`${field}.limits`, rule)
  }
  yield* validateNames(item, 'maxLimitRequestRatio', field)
  const isPod = item.type === 'Pod'
  const lists = [item.max, item.min, item.maxLimitRequestRatio, ...(isPod ? [] : [item.default, item.defaultRequest])]
  const names = new Set(lists.flatMap((list) => Object.keys(list ?? {})))
  for (const name of names) yield* validateOrder(boundsOf(item, name), name, field)
}

type ListName = 'default' | 'defaultRequest' | 'max' | 'maxLimitRequestRatio' | 'min'

function* validateNames(item: LimitRangeItem, list: ListName, field: string): Generator<Cause> {
  const isOfContainers = item.type === 'Pod' || item.type === 'Container'
  for (const [name, text] of Object.entries(item[list] ?? {})) {
    const place = `${field}.${list}[${name}]`
    yield* isOfContainers ? validateContainerResourceName(name, place) : validateResourceName(name, place)
    const value = readQuantity(text)
    if (value instanceof QuantityError) yield invalidValue(place, text, value.message)
  }
}

interface Bounds {
  readonly min: Quantity | undefined
  readonly max: Quantity | undefined
  readonly limit: Quantity | undefined
  readonly request: Quantity | undefined
  readonly ratio: Quantity | undefined
}

/** One resource's bounds. Pods have no defaults. */
function boundsOf(item: LimitRangeItem, name: string): Bounds {
  const read = (text: string | undefined): Quantity | undefined => {
    const value = text === undefined ? undefined : readQuantity(text)
    return value instanceof QuantityError ? undefined : value
  }
  const isPod = item.type === 'Pod'
  return {
    min: read(item.min?.[name]),
    max: read(item.max?.[name]),
    limit: isPod ? undefined : read(item.default?.[name]),
    request: isPod ? undefined : read(item.defaultRequest?.[name]),
    ratio: read(item.maxLimitRequestRatio?.[name]),
  }
}

/** min ≤ default request ≤ default limit ≤ max. Which value a message blames is upstream's choice. */
function* validateOrder({ min, max, limit, request, ratio }: Bounds, name: string, field: string): Generator<Cause> {
  const at = (list: ListName): string => `${field}.${list}[${name}]`
  if (isGreater(min, max)) yield invalidValue(at('min'), text(min), wrongOrder('min', min, 'max', max))
  if (isGreater(min, request)) {
    yield invalidValue(at('defaultRequest'), text(request), wrongOrder('min', min, 'default request', request))
  }
  if (isGreater(request, max)) {
    yield invalidValue(at('defaultRequest'), text(request), wrongOrder('default request', request, 'max', max))
  }
  if (isGreater(request, limit)) {
    const rule = wrongOrder('default request', request, 'default limit', limit)
    yield invalidValue(at('defaultRequest'), text(request), rule)
  }
  if (isGreater(min, limit)) yield invalidValue(at('default'), text(min), wrongOrder('min', min, 'default', limit))
  if (isGreater(limit, max)) yield invalidValue(at('default'), text(max), wrongOrder('default', limit, 'max', max))
  yield* validateRatio({ ratio, min, max }, at('maxLimitRequestRatio'))
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined) return
  if (compareQuantities(limit, request) !== 0) {
    const rule = `default value ${text(limit)} must equal to defaultRequest value ${text(request)} in ${name}`
    yield invalidValue(at('defaultRequest'), text(request), rule)
  }
}

function* validateRatio({ ratio, min, max }: Pick<Bounds, 'ratio' | 'min' | 'max'>, field: string): Generator<Cause> {
  if (ratio === undefined) return
  if (compareQuantities(ratio, quantityOf(1)) < 0) {
    yield invalidValue(field, text(ratio), `ratio ${text(ratio)} is less than 1`)
  }
  if (min === undefined || max === undefined) return
  const largest = milliValueOf(max) / milliValueOf(min)
  if (milliValueOf(ratio) / 1000 > largest) {
    const rule = `ratio ${text(ratio)} is greater than max/min = ${largest.toFixed(6)}`
    yield invalidValue(field, text(ratio), rule)
  }
}

function isGreater(left: Quantity | undefined, right: Quantity | undefined): boolean {
  return left !== undefined && right !== undefined && compareQuantities(left, right) > 0
}

function wrongOrder(left: string, low: Quantity | undefined, right: string, high: Quantity | undefined): string {
  return `${left} value ${text(low)} is greater than ${right} value ${text(high)}`
}

function text(value: Quantity | undefined): string {
  return value === undefined ? '0' : printQuantity(value)
}
