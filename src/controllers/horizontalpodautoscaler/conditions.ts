import type { HorizontalPodAutoscalerCondition } from '../../api/types.generated.ts'
import { printTime } from '../../world/clock.ts'

export type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited' | 'ScaledToZero'

export interface Condition {
  readonly type: ConditionType
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

/** The conditions of one autoscaler while a round works on them: in the order in which they were first set. */
export class Conditions {
  readonly #nowMs: number
  #list: readonly HorizontalPodAutoscalerCondition[]

  constructor(list: readonly HorizontalPodAutoscalerCondition[], nowMs: number) {
    this.#list = list
    this.#nowMs = nowMs
  }

  get list(): readonly HorizontalPodAutoscalerCondition[] {
    return this.#list
  }

  set(condition: Condition): void {
    const place = this.#list.findIndex(({ type }) => type === condition.type)
    const present = this.#list[place]
    const isSame = present?.status === condition.status && present.lastTransitionTime !== undefined
    const lastTransitionTime = isSame ? present.lastTransitionTime : printTime(this.#nowMs)
    const { type, status, reason, message } = condition
    const written = { type, status, lastTransitionTime, reason, message }
    this.#list = place < 0 ? [...this.#list, written] : this.#list.with(place, written)
  }

  isTrue(type: ConditionType): boolean {
    return this.#list.some((condition) => condition.type === type && condition.status === 'True')
  }

  has(type: ConditionType): boolean {
    return this.#list.some((condition) => condition.type === type)
  }

  remove(type: ConditionType): void {
    if (this.has(type)) this.#list = this.#list.filter((condition) => condition.type !== type)
  }
}
