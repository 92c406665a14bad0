import type { Value } from './values.ts'

/** A compiled node: computes its value and spends its cost. */
export type Step = (frame: Frame) => Value

/** The state of one evaluation. */
export class Frame {
  /** Variables: those that the program refers to, then those of loops. `undefined` is a variable without a value. */
  readonly slots: (Value | undefined)[]
  readonly limit: number
  cost = 0

  constructor(slots: (Value | undefined)[], limit: number) {
    this.slots = slots
    this.limit = limit
  }

  spend(cost: number): void {
    this.cost += cost
    if (this.cost > this.limit) throw new CostExceeded(this.cost)
  }
}

/** Stops an evaluation that became too costly. */
export class CostExceeded extends Error {
  override readonly name = 'CostExceeded'
  readonly cost: number

  constructor(cost: number) {
    super('operation cancelled: actual cost limit exceeded')
    this.cost = cost
  }
}
