import type { AlertStore } from '../alerts/alert-store.ts'
import type { AlertmanagerConfig } from '../config/alertmanager-config.ts'
import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import type { MatcherMode } from '../matchers/parse-matchers.ts'
import type { Muting, NotificationPipeline } from '../notify/pipeline.ts'
import type { Route } from '../routing/route.ts'
import type { OwnMetrics } from '../own-metrics.ts'
import type { Silences } from '../silences/silences.ts'

/** What the API shows and changes. */
export interface ApiState {
  readonly nowMs: number
  readonly mode: MatcherMode
  readonly config: AlertmanagerConfig
  readonly route: Route
  readonly alerts: AlertStore
  readonly silences: Silences
  readonly dispatcher: Dispatcher
  readonly pipeline: NotificationPipeline
  readonly muting: (labels: LabelSet, nowMs: number) => Muting
  readonly metrics: OwnMetrics
  readonly startedAtMs: number
  readonly version: string
}
