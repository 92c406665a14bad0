import { isResolved, mergeAlerts, overlaps, type ReceivedAlert } from './alert.ts'

/** All alerts that are known, one for each label set; those that are over stay until they are swept out. */
export class AlertStore {
  readonly #alerts = new Map<string, ReceivedAlert>()
  readonly #listeners = new Set<(alert: ReceivedAlert) => void>()

  /** Takes in what was told, merged with what was known; returns what is known now. */
  put(fresh: ReceivedAlert, nowMs: number): ReceivedAlert {
    const old = this.#alerts.get(fresh.fingerprint)
    const alert = old !== undefined && overlaps(fresh, old) ? mergeAlerts(old, fresh, nowMs) : fresh
    this.#alerts.set(alert.fingerprint, alert)
    for (const listener of this.#listeners) listener(alert)
    return alert
  }

  get(fingerprint: string): ReceivedAlert | undefined {
    return this.#alerts.get(fingerprint)
  }

  list(): readonly ReceivedAlert[] {
    return [...this.#alerts.values()]
  }

  /** Calls `listener` with every alert that is told from now on. Returns how to stop that. */
  subscribe(listener: (alert: ReceivedAlert) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets what is over. */
  sweep(nowMs: number): void {
    for (const [fingerprint, alert] of this.#alerts) {
      if (isResolved(alert, nowMs)) this.#alerts.delete(fingerprint)
    }
  }
}
