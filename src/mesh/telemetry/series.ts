import { Histogram } from './histogram.ts'

/** What is counted of requests with the same labels. */
export class RequestSeries {
  readonly labels: LabelSet
  readonly duration = new Histogram()
  readonly requestBytes = new Histogram()
  readonly responseBytes = new Histogram()
  requests = 0
  lastMs = 0

  constructor(labels: LabelSet) {
    this.labels = labels
  }
}

/** What is counted of messages of gRPC between the same parties. */
export class MessageSeries {
  readonly labels: LabelSet
  requests = 0
  responses = 0
  lastMs = 0

  constructor(labels: LabelSet) {
    this.labels = labels
  }
}

/** What is counted of connections with the same labels. */
export class ConnectionSeries {
  readonly labels: LabelSet
  opened = 0
  closed = 0
  sentBytes = 0
  receivedBytes = 0
  lastMs = 0

  constructor(labels: LabelSet) {
    this.labels = labels
  }
}

/** Standard labels, and what expressions of Telemetry gave for a request. */
export interface LabelSet {
  readonly side: Side
  readonly names: readonly string[]
  readonly values: readonly string[]
  /** By Istio's name of the metric, then by label; absent where there are no expressions. */
  readonly tags?: TagsByMetric
}

/** Whose proxy counts: the caller's or the called one's. */
export type Side = 'client' | 'server'

export type TagsByMetric = ReadonlyMap<string, readonly (readonly [label: string, value: string])[]>
