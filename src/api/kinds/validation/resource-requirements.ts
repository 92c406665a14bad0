import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, required, valueNotFound } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { QuantityError, parseQuantity } from '../../quantity-parse.ts'
import { compareQuantities, printQuantity, signOfQuantity, type Quantity } from '../../quantity.ts'
import type { CoreResourceClaim, ResourceRequirements } from '../../types.generated.ts'
import { explained, invalidFor } from './causes.ts'
import { validateResourceQuantity } from './quantities.ts'
import { readQuantity, type ResourceList } from './resource-lists.ts'
import { isHugePages, isOvercommitAllowed, validateContainerResourceName } from './resource-names.ts'

export interface RequirementRules {
  /** Which resources may be named; those of a container when absent. */
  readonly validateName?: (name: string, field: string) => Iterable<Cause>
  /** The names in `spec.resourceClaims` of the pod. */
  readonly claimNames?: ReadonlySet<string>
}

/** pkg/apis/core/validation/validation.go validateResourceRequirements. */
export function* validateResourceRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  field: string,
  { validateName = validateContainerResourceName, claimNames = new Set() }: RequirementRules = {},
): Generator<Cause> {
  for (const [name, text] of Object.entries(limits)) {
    yield* validateEntry(name, text, { field: `${field}.limits[${name}]`, validateName })
  }
  for (const [name, text] of Object.entries(requests)) {
    const place = `${field}.requests[${name}]`
    yield* validateName(name, place)
    yield* validateResourceQuantity(name, text, place)
    yield* validateAgainstLimit(name, text, limits, field)
    yield* validateHugePages(name, text, place)
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    yield forbiddenField(field, 'HugePages require cpu or memory')
  }
  yield* validateClaims(claims, `${field}.claims`, claimNames)
}

function* validateEntry(
  name: string,
  text: string,
  { field, validateName }: { field: string; validateName: (name: string, field: string) => Iterable<Cause> },
): Generator<Cause> {
  yield* validateName(name, field)
  yield* validateResourceQuantity(name, text, field)
  yield* validateHugePages(name, text, field)
}

function* validateAgainstLimit(name: string, text: string, limits: ResourceList, field: string): Generator<Cause> {
  const limitText = limits[name]
  if (limitText === undefined) {
    if (!isOvercommitAllowed(name)) {
      yield required(`${field}.limits`, 'Limit must be set for non overcommitable resources')
    }
    return
  }
  const request = readQuantity(text)
  const limit = readQuantity(limitText)
  if (request instanceof QuantityError || limit instanceof QuantityError) return
  const order = compareQuantities(request, limit)
  const printed = printQuantity(limit)
  if (order !== 0 && !isOvercommitAllowed(name)) {
    yield invalidValue(`${field}.requests`, printQuantity(request), `must be equal to ${name} limit of ${printed}`)
  } else if (order > 0) {
    const rule = `must be less than or equal to ${name} limit of ${printed}`
    yield invalidValue(`${field}.requests`, printQuantity(request), rule)
  }
}

function* validateHugePages(name: string, text: string, field: string): Generator<Cause> {
  if (!isHugePages(name)) return
  const value = readQuantity(text)
  if (value instanceof QuantityError) return
  const size = pageSize(name)
  if (size !== undefined && signOfQuantity(size) > 0 && isMultiple(value, size)) return
  yield invalidValue(field, printQuantity(value), `${printQuantity(value)} is not positive integer multiple of ${name}`)
}

function pageSize(name: string): Quantity | undefined {
  try {
    return parseQuantity(name.slice('hugepages-'.length))
  } catch (error) {
    if (error instanceof QuantityError) return undefined
    throw error
  }
}

function isMultiple(value: Quantity, size: Quantity): boolean {
  const scale = Math.min(value.scale, size.scale)
  const exact = ({ unscaled, scale: own }: Quantity): bigint => unscaled * 10n ** BigInt(own - scale)
  return exact(value) % exact(size) === 0n
}

/** validateResourceClaimNames. A claim may be used as a whole, or by its requests one by one, but not both. */
function* validateClaims(
  claims: readonly CoreResourceClaim[],
  field: string,
  claimNames: ReadonlySet<string>,
): Generator<Cause> {
  const used = new Set<string>()
  for (const [index, { name = '', request = '' }] of claims.entries()) {
    const place = `${field}[${index}]`
    if (name === '') {
      yield required(place, '')
      continue
    }
    if (used.has(name)) yield duplicate(place, name)
    else {
      const key = request === '' ? name : `${name}/${request}`
      if (request !== '') yield* invalidFor(`${place}.request`, request, validateDns1123Label(request))
      if (used.has(key)) yield duplicate(place, key)
      else if (request === '') {
        for (const other of used) if (other.startsWith(`${name}/`)) yield duplicate(place, name)
      }
      used.add(key)
    }
    if (!claimNames.has(name)) {
      const known = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].toSorted().join(', ')}`
      yield explained(valueNotFound(place, name), `must be one of the names in pod.spec.resourceClaims${known}`)
    }
  }
}
