import { podCondition } from '../../api/kinds/pod-spec/pod-state.ts'
import type { Pod, Service } from '../../api/types.generated.ts'

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/**
 * Remembers when what a Service's endpoints follow from changed last, so that each write can say which change it is the
 * answer to (k8s.io/endpointslice util/trigger_time_tracker.go).
 */
export class TriggerTimes {
  readonly #known = new Map<string, Map<string, string>>()

  /** The earliest change since the last call; `undefined` when there is none. Times compare as their texts do. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#known.get(key)
    const known = before ?? new Map<string, string>()
    let earliest: string | undefined
    let count = 0
    for (const pod of pods) {
      const time = podCondition(pod, 'Ready')?.lastTransitionTime ?? ''
      if (time === '') continue
      count++
      const { name } = pod.metadata
      const last = known.get(name) ?? ''
      if (time > last && (earliest === undefined || time < earliest)) earliest = time
      if (time !== last) known.set(name, time)
    }
    if (known.size > count) forgetOthers(known, pods)
    if (before !== undefined) return earliest
    this.#known.set(key, known)
    return service.metadata.creationTimestamp ?? undefined
  }

  forget(key: string): void {
    this.#known.delete(key)
  }
}

function forgetOthers(known: Map<string, string>, pods: readonly Pod[]): void {
  const names = new Set(pods.map(({ metadata }) => metadata.name))
  for (const name of known.keys()) if (!names.has(name)) known.delete(name)
}
