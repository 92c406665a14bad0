import { untilAborted } from '../../base/abort.ts'
import { snappyCompress } from '../../base/snappy.ts'
import type { Clock } from '../../world/clock.ts'
import { PROTOBUF_MESSAGES, type RemoteWriteConfig } from '../config/remote-config.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import type { Labels } from '../model/labels.ts'
import { relabelBuilder } from '../relabel/relabel.ts'
import { collectBody, RequestError, statusText } from '../scrape/http-body.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import type { CommitListener } from './tee-storage.ts'
import { encodeWriteV1 } from './write-v1.ts'
import { encodeWriteV2 } from './write-v2.ts'
import type { WrittenSeries } from './written-series.ts'

export interface WriteQueuePorts {
  readonly clock: Clock
  /** Does what the configuration says of credentials and certificates. */
  readonly transport: ScrapeTransport
  /** Added to every series that lacks them. */
  readonly externalLabels: Readonly<Record<string, string>>
  /** Why samples were not sent. */
  onProblem(problem: string): void
}

/** What has become of the samples so far. */
export interface WriteQueueCounts {
  readonly sent: number
  /** Refused for good. */
  readonly failed: number
  /** Sent again after a failure that may pass. */
  readonly retried: number
  /** Never sent: there was no room for them, a rule dropped them, or they were too old. */
  readonly dropped: number
  readonly pending: number
  /** What the others have got, packed. */
  readonly bytes: number
  /** The newest sample that was to be sent, and the newest that is settled; -Infinity while there is none. */
  readonly highestMs: number
  readonly highestSentMs: number
}

/** How long sending may go on after the queue was stopped (prometheus: --storage.remote.flush-deadline). */
const FLUSH_MS = 60_000
const ANSWER_BYTES_MAX = 1_024 * 1_024
const ANSWER_SHOWN = 1_024

/**
 * Sends committed samples to another Prometheus, in batches and in order, and again after failures that may pass. What finds no
 * room while the other one is away is dropped and counted: the database here has it still.
 */
export class WriteQueue implements CommitListener {
  readonly #config: RemoteWriteConfig
  readonly #ports: WriteQueuePorts
  readonly #isV2: boolean
  readonly #labels = new WeakMap<Labels, Labels | typeof DROPPED>()
  readonly #stop = new AbortController()
  #pending: WrittenSeries[] = []
  #sending: Promise<void> | undefined
  #hasTimer = false
  #isDue = false
  #sent = 0
  #failed = 0
  #retried = 0
  #dropped = 0
  #bytes = 0
  #highestMs = -Infinity
  #highestSentMs = -Infinity

  constructor(config: RemoteWriteConfig, ports: WriteQueuePorts) {
    this.#config = config
    this.#ports = ports
    this.#isV2 = config.protobuf_message === PROTOBUF_MESSAGES[1]
  }

  get counts(): WriteQueueCounts {
    return {
      sent: this.#sent,
      failed: this.#failed,
      retried: this.#retried,
      dropped: this.#dropped,
      pending: this.#pending.length,
      bytes: this.#bytes,
      highestMs: this.#highestMs,
      highestSentMs: this.#highestSentMs,
    }
  }

  take(series: readonly WrittenSeries[]): void {
    const { queue_config: queue, send_exemplars, send_native_histograms } = this.#config
    // As many as all shards of upstream's queue hold.
    const room = queue.capacity * queue.max_shards
    for (const each of series) {
      const isWanted =
        each.samples.length > 0 ||
        (send_native_histograms && each.histograms.length > 0) ||
        (send_exemplars && each.exemplars.length > 0)
      if (!isWanted) continue
      this.#highestMs = Math.max(this.#highestMs, newestOf(each))
      const labels = this.#labelsFor(each.labels)
      if (labels === DROPPED || this.#pending.length >= room || this.#stop.signal.aborted) this.#dropped++
      else this.#pending.push({ ...each, labels })
    }
    this.#wake()
  }

  /** Sends what is left, as long as that takes no longer than a minute. */
  async stop(): Promise<void> {
    const { clock } = this.#ports
    const timer = clock.schedule(FLUSH_MS, () => this.#stop.abort(new Error('the remote write queue was stopped')))
    this.#isDue = true
    this.#wake()
    await this.#sending
    timer.cancel()
    this.#stop.abort(new Error('the remote write queue was stopped'))
    this.#dropped += this.#pending.length
    this.#pending = []
  }

  #wake(): void {
    const { queue_config: queue } = this.#config
    const isReady = this.#isDue || this.#pending.length >= queue.max_samples_per_send
    if (isReady && this.#sending === undefined && this.#pending.length > 0) {
      this.#sending = this.#drain().finally(() => {
        this.#sending = undefined
        this.#wake()
      })
      return
    }
    if (this.#hasTimer || this.#pending.length === 0 || this.#stop.signal.aborted) return
    this.#hasTimer = true
    this.#ports.clock.schedule(queue.batch_send_deadline, () => {
      this.#hasTimer = false
      this.#isDue = true
      this.#wake()
    })
  }

  async #drain(): Promise<void> {
    const { max_samples_per_send: max } = this.#config.queue_config
    while (this.#pending.length >= max || (this.#isDue && this.#pending.length > 0)) {
      if (this.#stop.signal.aborted) return
      const batch = this.#pending.slice(0, max)
      this.#pending = this.#pending.slice(max)
      await this.#send(this.#recent(batch))
    }
    this.#isDue = false
  }

  #recent(batch: readonly WrittenSeries[]): readonly WrittenSeries[] {
    const { sample_age_limit: limitMs } = this.#config.queue_config
    if (limitMs === 0) return batch
    const oldestMs = this.#ports.clock.now() - limitMs
    const recent = batch.filter(({ samples, histograms }) => {
      const timestampMs = samples[0]?.timestampMs ?? histograms[0]?.timestampMs
      return timestampMs === undefined || timestampMs >= oldestMs
    })
    this.#dropped += batch.length - recent.length
    return recent
  }

  async #send(batch: readonly WrittenSeries[]): Promise<void> {
    if (batch.length === 0) return
    const { min_backoff: minMs, max_backoff: maxMs } = this.#config.queue_config
    const body = snappyCompress(this.#isV2 ? encodeWriteV2(batch) : encodeWriteV1(batch))
    for (let attempt = 0, backoffMs = minMs; ; attempt++) {
      const outcome = await this.#post(body, attempt)
      if (outcome === undefined) {
        this.#sent += batch.length
        this.#bytes += body.length
        this.#settled(batch)
        return
      }
      this.#ports.onProblem(`remote write to ${this.#config.url}: ${outcome.problem}`)
      if (!outcome.mayPass || !(await this.#rest(Math.max(backoffMs, outcome.retryAfterMs)))) {
        this.#failed += batch.length
        this.#settled(batch)
        return
      }
      this.#retried += batch.length
      backoffMs = Math.min(backoffMs * 2, maxMs)
    }
  }

  #settled(batch: readonly WrittenSeries[]): void {
    for (const each of batch) this.#highestSentMs = Math.max(this.#highestSentMs, newestOf(each))
  }

  async #rest(delayMs: number): Promise<boolean> {
    const { signal } = this.#stop
    try {
      await this.#ports.clock.sleep(delayMs, signal)
      return true
    } catch (failure) {
      if (signal.aborted) return false
      throw failure
    }
  }

  /** Undefined when everything went well. */
  async #post(
    body: Uint8Array,
    attempt: number,
  ): Promise<{ problem: string; mayPass: boolean; retryAfterMs: number } | undefined> {
    const { url, headers, remote_timeout: timeoutMs, queue_config: queue } = this.#config
    const { clock, transport } = this.#ports
    const deadline = new AbortController()
    const timer = clock.schedule(timeoutMs, () => deadline.abort(new RequestError('context deadline exceeded')))
    const signal = AbortSignal.any([deadline.signal, this.#stop.signal])
    try {
      const request = {
        method: 'POST' as const,
        url,
        headers: { ...headers, ...this.#headers(attempt) },
        body,
      }
      const response = await untilAborted(transport(request, signal), signal)
      if (response.status >= 200 && response.status < 300) return undefined
      const answer = await collectBody(response, { bytesMax: ANSWER_BYTES_MAX, signal })
      const text = Buffer.from(answer).toString('utf8').slice(0, ANSWER_SHOWN)
      const mayPass = response.status >= 500 || (response.status === 429 && queue.retry_on_http_429)
      const retryAfterMs = Number(response.headers['retry-after'] ?? 0) * 1000 || 0
      return {
        problem: `server returned HTTP status ${statusText(response.status)}: ${text.trim()}`,
        mayPass,
        retryAfterMs,
      }
    } catch (failure) {
      // Whatever kept the request from being answered may be over next time.
      return { problem: failure instanceof Error ? failure.message : String(failure), mayPass: true, retryAfterMs: 0 }
    } finally {
      timer.cancel()
    }
  }

  #headers(attempt: number): Record<string, string> {
    return {
      'Content-Encoding': 'snappy',
      'Content-Type': this.#isV2 ? `application/x-protobuf;proto=${PROTOBUF_MESSAGES[1]}` : 'application/x-protobuf',
      'User-Agent': 'Prometheus/3.5.0',
      'X-Prometheus-Remote-Write-Version': this.#isV2 ? '2.0.0' : '0.1.0',
      ...(attempt > 0 && { 'Retry-Attempt': String(attempt) }),
    }
  }

  #labelsFor(labels: Labels): Labels | typeof DROPPED {
    let known = this.#labels.get(labels)
    if (known === undefined) {
      const builder = new LabelBuilder(labels)
      for (const [name, value] of Object.entries(this.#ports.externalLabels)) {
        if (!labels.has(name)) builder.set(name, value)
      }
      const isKept = relabelBuilder(builder, this.#config.write_relabel_configs)
      known = isKept ? builder.build() : DROPPED
      this.#labels.set(labels, known)
    }
    return known
  }
}

function newestOf({ samples, histograms }: WrittenSeries): number {
  return Math.max(samples.at(-1)?.timestampMs ?? -Infinity, histograms.at(-1)?.timestampMs ?? -Infinity)
}

/** A rule drops the series. */
const DROPPED = Symbol('dropped')
