import type { LabelSet } from '../matchers/alert-matcher.ts'
import type { NotifiedAlert } from '../templates/notification-data.ts'
import type { NotifyReason } from './dedup.ts'

/** What one integration is to tell. */
export interface Notification {
  readonly receiver: string
  readonly groupKey: string
  readonly groupLabels: LabelSet
  readonly routeLabels: LabelSet
  readonly reason: NotifyReason
  readonly alerts: readonly NotifiedAlert[]
}

/** A notification did not get through. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError'
  /** It may get through later. */
  readonly isTemporary: boolean

  constructor(message: string, options: ErrorOptions & { isTemporary: boolean }) {
    super(message, options)
    this.isTemporary = options.isTemporary
  }
}

/** One way to tell a receiver. */
export interface Integration {
  /** `webhook`, `slack`, `email`. */
  readonly type: string
  /** Among those of its type in the receiver. */
  readonly index: number
  readonly sendsResolved: boolean
  /** Rejects with a `NotifyError`. */
  notify(notification: Notification, signal: AbortSignal): Promise<void>
}
