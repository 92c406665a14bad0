import { podCondition } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Pod, Service } from '../../api/types.generated.ts'

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/**
 * Remembers when what a Service's endpoints follow from changed last, so that each write can say which change it is the
 * answer to (k8s.io/endpointslice util/trigger_time_tracker.go).
 */
export class TriggerTimes {
  readonly #known = new Map<string, ReadonlyMap<string, string>>()

  /** The earliest change since the last call; `undefined` when there is none. Times compare as their texts do. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#known.get(key)
    const now = new Map<string, string>()
    let earliest: string | undefined
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime ?? ''
      if (time === '') continue
      const { name } = pod.metadata
      now.set(name, time)
      const isNew = time > (before?.get(name) ?? '')
      if (isNew && (earliest === undefined || time < earliest)) earliest = time
    }
    this.#known.set(key, now)
    return before === undefined ? (service.metadata.creationTimestamp ?? undefined) : earliest
  }

  forget(key: string): void {
    this.#known.delete(key)
  }
}
