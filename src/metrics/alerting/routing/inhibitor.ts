import type { InhibitRuleConfig } from '../config/alertmanager-config.ts'
import { isResolved, type ReceivedAlert } from '../alerts/alert.ts'
import { type LabelSet, matchesAll } from '../matchers/alert-matcher.ts'

/** Mutes alerts while others fire (prometheus/alertmanager inhibit/inhibit.go). */
export class Inhibitor {
  readonly #rules: readonly InhibitRule[]

  constructor(configs: readonly InhibitRuleConfig[]) {
    this.#rules = configs.map((config) => new InhibitRule(config))
  }

  /** Takes note of an alert that may mute others. */
  add(alert: ReceivedAlert): void {
    for (const rule of this.#rules) rule.add(alert)
  }

  /** The fingerprint of an alert that mutes one of these labels; undefined when none does. */
  mutedBy(labels: LabelSet, nowMs: number): string | undefined {
    for (const rule of this.#rules) {
      const source = rule.sourceFor(labels, nowMs)
      if (source !== undefined) return source.fingerprint
    }
    return undefined
  }

  sweep(nowMs: number): void {
    for (const rule of this.#rules) rule.sweep(nowMs)
  }
}

class InhibitRule {
  readonly #config: InhibitRuleConfig
  /** Alerts that match the source's side: by the labels that must agree, then by fingerprint. */
  readonly #sources = new Map<string, Map<string, ReceivedAlert>>()

  constructor(config: InhibitRuleConfig) {
    this.#config = config
  }

  add(alert: ReceivedAlert): void {
    if (!matchesAll(this.#config.sourceMatchers, alert.labels)) return
    const key = this.#equalKey(alert.labels)
    const sources = this.#sources.get(key)
    if (sources === undefined) this.#sources.set(key, new Map([[alert.fingerprint, alert]]))
    else sources.set(alert.fingerprint, alert)
  }

  sourceFor(labels: LabelSet, nowMs: number): ReceivedAlert | undefined {
    const { sourceMatchers, targetMatchers } = this.#config
    if (!matchesAll(targetMatchers, labels)) return undefined
    // What matches both sides would mute itself: it is muted only by what matches one.
    const isTwoSided = matchesAll(sourceMatchers, labels)
    for (const source of this.#sources.get(this.#equalKey(labels))?.values() ?? []) {
      if (isResolved(source, nowMs)) continue
      if (!isTwoSided || !matchesAll(targetMatchers, source.labels)) return source
    }
    return undefined
  }

  sweep(nowMs: number): void {
    for (const [key, sources] of this.#sources) {
      for (const [fingerprint, source] of sources) if (isResolved(source, nowMs)) sources.delete(fingerprint)
      if (sources.size === 0) this.#sources.delete(key)
    }
  }

  /** A label that is not there is empty, and agrees with one that is empty. */
  #equalKey(labels: LabelSet): string {
    return JSON.stringify(this.#config.equal.map((name) => labels[name] ?? ''))
  }
}
