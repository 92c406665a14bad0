import type { Clock } from '../../world/clock.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import { type Labels } from '../model/labels.ts'
import type { RelabelConfig } from '../relabel/relabel-config.ts'
import { relabel } from '../relabel/relabel.ts'
import { escapeQuery } from '../templates/builtins.ts'
import type { Alert } from './alert.ts'

/** How many alerts wait for one Alertmanager at most; then the oldest are dropped (prometheus: --alertmanager.notification-queue-capacity). */
const QUEUE_CAPACITY = 10_000

/** How many alerts go into one request (prometheus/prometheus notifier/manager.go). */
const BATCH_MAX = 256

/** An Alertmanager to be told of alerts. */
export interface AlertmanagerTarget {
  /** Of its API: `http://alertmanager:9093/api/v2/alerts`. */
  readonly url: string
  readonly timeoutMs: number
  /** Applied to the alerts that go to this one, after those for all. */
  readonly relabelConfigs: readonly RelabelConfig[]
}

/** Posts JSON, and answers with the status. Rejects when there is no answer. Joined with the network by whoever makes both. */
export type PostAlerts = (target: AlertmanagerTarget, body: string, signal: AbortSignal) => Promise<number>

export interface NotifierOptions {
  readonly clock: Clock
  readonly post: PostAlerts
  /** As seen from outside: alerts link to it. */
  readonly externalUrl: string
  readonly log: (message: string) => void
}

export interface NotifierConfig {
  readonly externalLabels: Labels
  readonly relabelConfigs: readonly RelabelConfig[]
}

/** What one Alertmanager was told. */
export interface AlertmanagerCounts {
  readonly url: string
  readonly sent: number
  readonly errors: number
  readonly dropped: number
  readonly queued: number
}

/** An alert on its way, in the form of Alertmanager's API v2. */
interface PostableAlert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly generatorURL: string
}

/** Tells Alertmanagers of alerts: a queue for each, emptied in batches. What cannot be sent is not kept: rules say it again. */
export class Notifier {
  readonly #options: NotifierOptions
  #config: NotifierConfig = NO_CONFIG
  #queues = new Map<string, AlertmanagerQueue>()
  #droppedAlertmanagers: readonly string[] = []

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  applyConfig(config: NotifierConfig): void {
    this.#config = config
  }

  /** Those that are told from now on; queues of those that stay are kept. */
  setAlertmanagers(targets: readonly AlertmanagerTarget[], dropped: readonly string[] = []): void {
    const queues = new Map<string, AlertmanagerQueue>()
    for (const target of targets) {
      const present = this.#queues.get(target.url)
      present?.retarget(target)
      queues.set(target.url, present ?? new AlertmanagerQueue(target, this.#options))
    }
    for (const [url, queue] of this.#queues) if (!queues.has(url)) queue.stop()
    this.#queues = queues
    this.#droppedAlertmanagers = dropped
  }

  get alertmanagers(): { readonly active: readonly string[]; readonly dropped: readonly string[] } {
    return { active: [...this.#queues.keys()], dropped: this.#droppedAlertmanagers }
  }

  get counts(): readonly AlertmanagerCounts[] {
    return [...this.#queues.values()].map((queue) => queue.counts)
  }

  /** Alerts of one rule, as its expression gave them. */
  send(expr: string, alerts: readonly Alert[]): void {
    const { externalUrl } = this.#options
    const generatorURL = `${externalUrl}/graph?g0.expr=${escapeQuery(expr)}&g0.tab=1`
    const postable = alerts.flatMap((alert) => {
      const labels = relabeled(withExternal(alert.labels, this.#config.externalLabels), this.#config.relabelConfigs)
      if (labels === undefined) return []
      const { annotations, firedAtMs = 0, resolvedAtMs, validUntilMs = 0 } = alert
      return [{ labels, annotations, startsAtMs: firedAtMs, endsAtMs: resolvedAtMs ?? validUntilMs, generatorURL }]
    })
    for (const queue of this.#queues.values()) queue.add(postable)
  }

  stop(): void {
    for (const queue of this.#queues.values()) queue.stop()
    this.#queues.clear()
  }
}

const NO_CONFIG: NotifierConfig = { externalLabels: new LabelBuilder().build(), relabelConfigs: [] }

/** The waiting line before one Alertmanager. */
class AlertmanagerQueue {
  readonly #options: NotifierOptions
  #target: AlertmanagerTarget
  #queue: PostableAlert[] = []
  #isSending = false
  readonly #stopped = new AbortController()
  #sent = 0
  #errors = 0
  #dropped = 0

  constructor(target: AlertmanagerTarget, options: NotifierOptions) {
    this.#target = target
    this.#options = options
  }

  get counts(): AlertmanagerCounts {
    const counts = { sent: this.#sent, errors: this.#errors, dropped: this.#dropped }
    return { url: this.#target.url, ...counts, queued: this.#queue.length }
  }

  retarget(target: AlertmanagerTarget): void {
    this.#target = target
  }

  add(alerts: readonly PostableAlert[]): void {
    for (const alert of alerts) {
      const labels = relabeled(alert.labels, this.#target.relabelConfigs)
      if (labels !== undefined) this.#queue.push(labels === alert.labels ? alert : { ...alert, labels })
    }
    const excess = this.#queue.length - QUEUE_CAPACITY
    if (excess > 0) {
      this.#options.log(`Alert notification queue full, dropping ${excess} alerts`)
      this.#queue.splice(0, excess)
      this.#dropped += excess
    }
    if (!this.#isSending && this.#queue.length > 0) void this.#sendAll()
  }

  stop(): void {
    this.#stopped.abort()
    this.#dropped += this.#queue.length
    this.#queue = []
  }

  /** Never rejects: failures are counted and told. */
  async #sendAll(): Promise<void> {
    this.#isSending = true
    while (this.#queue.length > 0 && !this.#stopped.signal.aborted) {
      const batch = this.#queue.splice(0, BATCH_MAX)
      const problem = await this.#post(batch)
      if (problem === undefined) this.#sent += batch.length
      else {
        this.#errors += batch.length
        this.#dropped += batch.length
        this.#options.log(`Error sending ${batch.length} alerts to ${this.#target.url}: ${problem}`)
      }
    }
    this.#isSending = false
  }

  async #post(batch: readonly PostableAlert[]): Promise<string | undefined> {
    const { clock, post } = this.#options
    const tooLong = new AbortController()
    const timer = clock.schedule(this.#target.timeoutMs, () => tooLong.abort(new Error('context deadline exceeded')))
    try {
      const signal = AbortSignal.any([tooLong.signal, this.#stopped.signal])
      const status = await post(this.#target, JSON.stringify(batch.map(bodyOf)), signal)
      return status >= 200 && status < 300 ? undefined : `bad response status ${status}`
    } catch (failure) {
      return failure instanceof Error ? failure.message : String(failure)
    } finally {
      timer.cancel()
    }
  }
}

function bodyOf({ labels, annotations, startsAtMs, endsAtMs, generatorURL }: PostableAlert): object {
  return {
    annotations: annotations.toObject(),
    endsAt: new Date(endsAtMs).toISOString(),
    startsAt: new Date(startsAtMs).toISOString(),
    generatorURL,
    labels: labels.toObject(),
  }
}

/** External labels say where an alert comes from, unless it says that itself. */
function withExternal(labels: Labels, external: Labels): Labels {
  let result = labels
  for (const [name, value] of external) if (!result.has(name)) result = result.with(name, value)
  return result
}

/** Undefined when the alert is dropped. */
function relabeled(labels: Labels, configs: readonly RelabelConfig[]): Labels | undefined {
  return configs.length === 0 ? labels : relabel(labels, configs)
}
