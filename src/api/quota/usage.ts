import { canonicalQuantity, quantity } from '../quantity-cache.ts'
import {
  addQuantities,
  compareQuantities,
  type Quantity,
  quantityOf,
  signOfQuantity,
  subtractQuantities,
  ZERO,
} from '../quantity.ts'
import { printQuantity } from '../quantity.ts'

/** How much of each resource is used, by the names that quotas use. */
export type Usage = ReadonlyMap<string, Quantity>

type ResourceList = Readonly<Record<string, string>>

export const ONE: Quantity = quantityOf(1)

export function usageOf(list: ResourceList = {}): Usage {
  return new Map(Object.entries(list).map(([name, text]) => [name, quantity(text)]))
}

/** In the order of the names, as the API server prints lists of resources. */
export function listOf(usage: Usage): ResourceList {
  const names = [...usage.keys()].toSorted()
  return Object.fromEntries(names.map((name) => [name, canonicalQuantity(printQuantity(usage.get(name) ?? ZERO))]))
}

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = new Map(a)
  addInto(sum, b)
  return sum
}

/** Adds `usage` to `sum`, which is the caller's own. */
export function addInto(sum: Map<string, Quantity>, usage: Usage): void {
  for (const [name, value] of usage) {
    const present = sum.get(name)
    sum.set(name, present === undefined ? value : addQuantities(present, value))
  }
}

/** By how much `a` is more than `b`; never less than nothing. */
export function growth(a: Usage, b: Usage): Usage {
  const result = new Map<string, Quantity>()
  for (const [name, value] of a) {
    const difference = subtractQuantities(value, b.get(name) ?? ZERO)
    if (signOfQuantity(difference) > 0) result.set(name, difference)
  }
  return result
}

export function onlyNames(usage: Usage, has: (name: string) => boolean): Usage {
  return new Map([...usage].filter(([name]) => has(name)))
}

export function withoutZeros(usage: Usage): Usage {
  return new Map([...usage].filter(([, value]) => signOfQuantity(value) !== 0))
}

export function sameUsage(a: Usage, b: Usage): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    const other = b.get(name)
    if (other === undefined || compareQuantities(value, other) !== 0) return false
  }
  return true
}

/** `pods=2,requests.cpu=1`: the form of messages. */
export function printUsage(usage: Usage): string {
  return Object.entries(listOf(usage))
    .map(([name, text]) => `${name}=${text}`)
    .join(',')
}
