import { compareText } from '../../../base/compare-text.ts'
import { alertProblem, compareAlerts, isResolved, type ReceivedAlert } from '../alerts/alert.ts'
import { compareLabelSets, fingerprintOf } from '../alerts/fingerprint.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import { matchRoutes } from '../routing/route.ts'
import { filterMatchers, matchesFilter, receiverFilter } from './filters.ts'
import {
  type AlertmanagerRequest,
  type AlertmanagerResponse,
  empty,
  flag,
  invalidForm,
  isRecord,
  json,
  parseBody,
  printTime,
  readLabels,
  readTime,
} from './http.ts'
import type { ApiState } from './state.ts'

/** GET /api/v2/alerts */
export function getAlerts({ query }: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  const isShown = alertFilter(query, state)
  const isAskedFor = receiversFilter(query, state)
  const shown = state.alerts.list().flatMap((alert) => {
    const receivers = matchRoutes(state.route, alert.labels).map(({ receiver }) => receiver)
    return receivers.some(isAskedFor) && isShown(alert) ? [alertJson(alert, { receivers, mutedBy: [] }, state)] : []
  })
  return json(
    200,
    shown.sort((a, b) => compareText(a.fingerprint, b.fingerprint)),
  )
}

/** GET /api/v2/alerts/groups */
export function getAlertGroups({ query }: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  const isShown = alertFilter(query, state)
  const isAskedFor = receiversFilter(query, state)
  const showsMuted = flag(query, 'muted', true)
  const groups = state.dispatcher.groups
    .filter(({ route }) => isAskedFor(route.receiver))
    .map((group) => ({ group, alerts: group.alerts.filter(isShown).sort(compareAlerts) }))
    .filter(({ alerts }) => alerts.length > 0)
    .sort(
      ({ group: a }, { group: b }) =>
        compareLabelSets(a.labels, b.labels) || compareText(a.route.receiver, b.route.receiver),
    )
  const receivers = new Map<string, string[]>()
  for (const { group, alerts } of groups) {
    for (const { fingerprint } of alerts)
      receivers.set(fingerprint, [...(receivers.get(fingerprint) ?? []), group.route.receiver].sort())
  }
  const shown = groups.flatMap(({ group, alerts }) => {
    const mutedBy = state.pipeline.mutedBy(group.route, state.nowMs)
    if (mutedBy.length > 0 && !showsMuted) return []
    const { labels, route, routeLabels } = group
    const told = alerts.map((alert) =>
      alertJson(alert, { receivers: receivers.get(alert.fingerprint) ?? [], mutedBy }, state),
    )
    return [{ alerts: told, labels, receiver: { name: route.receiver }, routeLabels }]
  })
  return json(200, shown)
}

/** POST /api/v2/alerts */
export function postAlerts({ body }: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  const posted = parseBody(body)
  if (!Array.isArray(posted)) throw invalidForm(422, 601, 'alerts in body must be of type array')
  const alerts = posted.map((alert, index) => receivedAlert(alert, index, state))
  const problems: string[] = []
  for (const alert of alerts) {
    state.metrics.alertReceived(alert, state.nowMs)
    const problem = alertProblem(alert, state.mode)
    if (problem === undefined) state.alerts.put(alert, state.nowMs)
    else {
      state.metrics.alertRefused()
      problems.push(problem)
    }
  }
  return problems.length > 0 ? json(400, problems.join('\n')) : empty(200)
}

function receivedAlert(posted: unknown, index: number, { nowMs, config }: ApiState): ReceivedAlert {
  if (!isRecord(posted)) throw invalidForm(422, 601, `${index} in body must be of type object`)
  if (posted['labels'] === undefined) throw invalidForm(422, 602, `${index}.labels in body is required`)
  const labels = withoutEmpty(readLabels(posted['labels'], `${index}.labels`))
  const endsAtMs = readTime(posted['endsAt'], `${index}.endsAt`)
  const startsAtMs = readTime(posted['startsAt'], `${index}.startsAt`) ?? endsAtMs ?? nowMs
  const { generatorURL } = posted
  return {
    labels,
    annotations: readLabels(posted['annotations'], `${index}.annotations`),
    startsAtMs,
    endsAtMs: endsAtMs ?? nowMs + config.resolveTimeoutMs,
    generatorUrl: typeof generatorURL === 'string' ? generatorURL : '',
    updatedAtMs: nowMs,
    isTimeout: endsAtMs === undefined,
    fingerprint: fingerprintOf(labels),
  }
}

function withoutEmpty(labels: LabelSet): LabelSet {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

function alertFilter(query: URLSearchParams, state: ApiState): (alert: ReceivedAlert) => boolean {
  const matchers = filterMatchers(query, 'filter', { mode: state.mode })
  const [showsActive, showsSilenced, showsInhibited] = ['active', 'silenced', 'inhibited'].map((name) =>
    flag(query, name, true),
  )
  return (alert) => {
    if (isResolved(alert, state.nowMs) || !matchesFilter(matchers, alert.labels)) return false
    const { silencedBy, inhibitedBy } = state.muting(alert.labels, state.nowMs)
    if (silencedBy.length === 0 && inhibitedBy.length === 0) return showsActive === true
    return (silencedBy.length === 0 || showsSilenced === true) && (inhibitedBy.length === 0 || showsInhibited === true)
  }
}

function receiversFilter(query: URLSearchParams, { config, mode }: ApiState): (name: string) => boolean {
  const isNamed = receiverFilter(query)
  const matchers = filterMatchers(query, 'receiver_matchers', {
    mode,
    prefix: 'failed to parse receiver_matchers param: ',
  })
  const labels = new Map(config.receivers.map((receiver) => [receiver.name, receiver.labels ?? {}]))
  return (name) =>
    (isNamed?.(name) ?? true) && (matchers.length === 0 || matchesFilter(matchers, labels.get(name) ?? {}))
}

function alertJson(
  alert: ReceivedAlert,
  { receivers, mutedBy }: { receivers: readonly string[]; mutedBy: readonly string[] },
  { muting, nowMs }: ApiState,
) {
  const { silencedBy, inhibitedBy } = muting(alert.labels, nowMs)
  const isSuppressed = silencedBy.length > 0 || inhibitedBy.length > 0 || mutedBy.length > 0
  return {
    annotations: alert.annotations,
    endsAt: printTime(alert.endsAtMs),
    fingerprint: alert.fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: printTime(alert.startsAtMs),
    status: { inhibitedBy, mutedBy, silencedBy, state: isSuppressed ? 'suppressed' : 'active' },
    updatedAt: printTime(alert.updatedAtMs),
    generatorURL: alert.generatorUrl,
    labels: alert.labels,
  }
}
