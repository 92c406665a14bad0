import type { ScopedResourceSelectorRequirement } from '../types.generated.ts'

/** Whether a value, where there is one, is among those that a scope selects. */
export function scopeSelects(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    default:
      return false
  }
}
