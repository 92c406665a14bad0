import { canonicalQuantity, quantity } from '../../quantity-cache.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, roundUpQuantity, type Quantity } from '../../quantity.ts'

/** Quantities by the name of their resource, as they stand in `requests`, `limits`, `capacity`, … */
export type ResourceList = Readonly<Record<string, string>>

const MILLI_SCALE = -3

/**
 * Every quantity in canonical form, rounded up to thousandths (pkg/apis/core/v1/defaults.go SetDefaults_ResourceList).
 * A text that is no quantity stays for validation to name.
 */
export function canonicalResources(list: ResourceList): ResourceList {
  let copy: Record<string, string> | undefined
  for (const name in list) {
    const text = list[name] as string
    const canonical = canonicalOrSame(text)
    if (canonical === text) continue
    copy ??= { ...list }
    copy[name] = canonical
  }
  return copy ?? list
}

/** What a text says, or why it is no quantity. */
export function readQuantity(text: string): Quantity | QuantityError {
  try {
    return quantity(text)
  } catch (error) {
    if (error instanceof QuantityError) return error
    throw error
  }
}

function canonicalOrSame(text: string): string {
  const parsed = readQuantity(text)
  if (parsed instanceof QuantityError) return text
  return parsed.scale >= MILLI_SCALE
    ? canonicalQuantity(text)
    : printQuantity(roundUpQuantity(parsed, MILLI_SCALE).quantity)
}
