import { UNBOUNDED } from '../../cel/cost.ts'
import type { JSONSchemaProps } from '../../types.generated.ts'

/** What one expression may cost at most: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation. */
export const EXPRESSION_COST_MAX = 10_000_000
/** What all those of a schema may cost together. */
export const DEFINITION_COST_MAX = 100_000_000

const MOST_EXPENSIVE_COUNT = 4
const EXPENSIVE_SHARE = 100

/** What rules cost at a node of a schema, where they run once for each value that there can be. */
export interface RuleCosts {
  /** How many values there can be; undefined where nothing limits it but the size of a request. */
  readonly cardinality: number | undefined
  readonly isRoot: boolean
  readonly total: TotalCost
}

export class TotalCost {
  #sum = 0
  #mostExpensive: { readonly field: string; readonly cost: number }[] = []

  get sum(): number {
    return this.#sum
  }

  /** Where the rules stand that matter most, the most expensive first. */
  get mostExpensive(): readonly string[] {
    return this.#mostExpensive.map(({ field }) => field)
  }

  add(field: string, cost: number): void {
    this.#sum = Math.min(this.#sum + cost, UNBOUNDED)
    if (cost < DEFINITION_COST_MAX / EXPENSIVE_SHARE) return
    this.#mostExpensive = [...this.#mostExpensive, { field, cost }]
      .toSorted((left, right) => right.cost - left.cost)
      .slice(0, MOST_EXPENSIVE_COUNT)
  }
}

export function rootCosts(): RuleCosts {
  return { cardinality: 1, isRoot: true, total: new TotalCost() }
}

/** At the items, values or fields of what `schema` describes. */
export function costsBelow(
  { cardinality, total }: RuleCosts,
  { type, additionalProperties, maxProperties, maxItems }: JSONSchemaProps,
): RuleCosts {
  const isMap = type === 'object' && additionalProperties !== undefined
  const countMax = isMap ? maxProperties : type === 'array' ? maxItems : 1
  const isUnlimited = cardinality === undefined || countMax === undefined
  return { cardinality: isUnlimited ? undefined : multiplied(cardinality, Math.max(countMax, 0)), isRoot: false, total }
}

export function multiplied(cost: number, times: number): number {
  return cost === 0 ? 0 : Math.min(cost * times, UNBOUNDED)
}

export function costProblem(what: string, cost: number, costMax: number): string {
  const excess = cost / costMax
  const factor = excess > 100 ? 'more than 100x' : `${excess < 1.5 ? excess.toFixed(6) : excess.toFixed(1)}x`
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${factor} (${advice})`
}
