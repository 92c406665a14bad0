import { quantityOfJson } from './quantity-parse.ts'
import { milliValueOf, printQuantity, valueOf, type Quantity } from './quantity.ts'

/**
 * Quantities by their text, each parsed once: a cluster has thousands of pods and a handful of different requests.
 * Accepts what JSON has, a string or a number. Throws a `QuantityError` for anything else.
 */
export function quantityMilli(value: string | number): number {
  return known(value).milli
}

/** In whole units: bytes, cores, pods. */
export function quantityValue(value: string | number): number {
  return known(value).value
}

/** The text as the API server stores it; the same text where it is canonical already. */
export function canonicalQuantity(value: string | number): string {
  return known(value).text
}

export function quantity(value: string | number): Quantity {
  return known(value).quantity
}

/** More distinct texts than this come from nobody's manifests; the memory is then given back at once. */
const ENTRIES_MAX = 10_000

interface Entry {
  readonly quantity: Quantity
  readonly text: string
  readonly milli: number
  readonly value: number
}

const entries = new Map<string | number, Entry>()

function known(value: string | number): Entry {
  const entry = entries.get(value)
  if (entry !== undefined) return entry
  const parsed = quantityOfJson(value)
  const fresh = {
    quantity: parsed,
    text: printQuantity(parsed),
    milli: milliValueOf(parsed),
    value: valueOf(parsed),
  }
  if (entries.size >= ENTRIES_MAX) entries.clear()
  entries.set(value, fresh)
  return fresh
}
