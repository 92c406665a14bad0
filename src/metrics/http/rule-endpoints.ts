import { printTime } from '../../world/clock.ts'
import { compareLabels } from '../model/labels.ts'
import type { Matcher } from '../model/matcher.ts'
import type { Alert } from '../rules/alert.ts'
import type { Rule, RuleGroup } from '../rules/rule-group.ts'
import { type Answer, answerOf, type Endpoint } from './answer.ts'
import { invalidParameter } from './api-error.ts'
import { matcherSets } from './parameters.ts'
import { formOf, type WebRequest } from '../../world/web.ts'

/** What Go prints for a time that was never set. */
const ZERO_TIME = '0001-01-01T00:00:00Z'

/** `/rules` and `/alerts`. */
export function ruleEndpoints(groups: () => readonly RuleGroup[]): Readonly<Record<string, Endpoint>> {
  return {
    rules: (request) => rules(request, groups()),
    alerts: async () => {
      const alerts = groups().flatMap((group) => group.rules.flatMap(activeAlertsOf))
      return answerOf({ alerts: alerts.map(printAlert) })
    },
  }
}

interface Filter {
  readonly rules: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly files: ReadonlySet<string>
  readonly sets: readonly (readonly Matcher[])[]
  readonly type: string
  readonly excludesAlerts: boolean
}

async function rules(request: WebRequest, all: readonly RuleGroup[]): Promise<Answer> {
  const form = await formOf(request)
  const filter = filterOf(form)
  const page = pageOf(form)
  const start = page.token === '' ? 0 : all.findIndex((group) => tokenOf(group) === page.token)
  if (start < 0) {
    throw invalidParameter('group_next_token', `invalid group_next_token '${page.token}'. were rule groups changed?`)
  }
  const groups: object[] = []
  for (const group of all.slice(start)) {
    if (filter.groups.size > 0 && !filter.groups.has(group.name)) continue
    if (filter.files.size > 0 && !filter.files.has(group.file)) continue
    const printed = group.rules.filter((rule) => isWanted(rule, filter)).map((rule) => printRule(rule, filter))
    if (printed.length === 0) continue
    if (page.size > 0 && groups.length === page.size) return answerOf({ groups, groupNextToken: tokenOf(group) })
    groups.push(printGroup(group, printed))
  }
  return answerOf({ groups })
}

function filterOf(form: URLSearchParams): Filter {
  const type = (form.get('type') ?? '').toLowerCase()
  if (type !== '' && type !== 'alert' && type !== 'record') {
    throw invalidParameter('type', `not supported value ${JSON.stringify(type)}`)
  }
  const excludes = (form.get('exclude_alerts') ?? '').toLowerCase()
  if (!['', '0', '1', 'f', 't', 'false', 'true'].includes(excludes)) {
    const why = `strconv.ParseBool: parsing ${JSON.stringify(excludes)}: invalid syntax`
    throw invalidParameter('exclude_alerts', `error converting exclude_alerts: ${why}`)
  }
  return {
    rules: new Set(form.getAll('rule_name[]')),
    groups: new Set(form.getAll('rule_group[]')),
    files: new Set(form.getAll('file[]')),
    sets: matcherSets(form),
    type,
    excludesAlerts: ['1', 't', 'true'].includes(excludes),
  }
}

/** `size` 0: everything. */
function pageOf(form: URLSearchParams): { readonly size: number; readonly token: string } {
  const text = form.get('group_limit') ?? ''
  const token = form.get('group_next_token') ?? ''
  if (text === '') {
    if (token === '') return { size: 0, token }
    const why = 'group_limit needs to be present in order to paginate over the groups'
    throw invalidParameter('group_next_token', why)
  }
  if (!/^[+-]?\d+$/.test(text)) {
    const why = `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`
    throw invalidParameter('group_limit', `group_limit needs to be a valid number: ${why}`)
  }
  if (Number(text) <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0')
  return { size: Number(text), token }
}

function tokenOf({ file, name }: RuleGroup): string {
  return `${file};${name}`
}

function isWanted(rule: Rule, { rules: names, type, sets }: Filter): boolean {
  if (names.size > 0 && !names.has(rule.name)) return false
  if (type !== '' && (type === 'alert') !== (rule.type === 'alerting')) return false
  return sets.length === 0 || sets.some((set) => set.every((matcher) => matcher.matches(rule.labels.get(matcher.name))))
}

function printGroup(group: RuleGroup, rules: readonly object[]): object {
  const { name, file, limit } = group
  return {
    name,
    file,
    rules,
    interval: group.intervalMs / 1_000,
    limit,
    evaluationTime: group.evaluationDurationMs / 1_000,
    lastEvaluation: printTimestamp(group.lastEvaluationMs),
  }
}

function printRule(rule: Rule, { excludesAlerts }: Filter): object {
  const { name, labels, state } = rule
  const outcome = {
    health: state.health,
    ...(state.lastError === '' ? {} : { lastError: state.lastError }),
    evaluationTime: state.durationMs / 1_000,
    lastEvaluation: printTimestamp(state.evaluatedAtMs),
    type: rule.type,
  }
  if (rule.type === 'recording') return { name, query: rule.expr, labels: labels.toObject(), ...outcome }
  return {
    state: rule.alertState,
    name,
    query: rule.expr,
    duration: rule.forMs / 1_000,
    keepFiringFor: rule.keepFiringForMs / 1_000,
    labels: labels.toObject(),
    annotations: rule.annotations.toObject(),
    alerts: excludesAlerts ? null : activeAlertsOf(rule).map(printAlert),
    ...outcome,
  }
}

function activeAlertsOf(rule: Rule): readonly Alert[] {
  return rule.type === 'recording' ? [] : [...rule.activeAlerts].sort((a, b) => compareLabels(a.labels, b.labels))
}

function printAlert({ labels, annotations, state, activeAtMs, keepFiringSinceMs, value }: Alert): object {
  return {
    labels: labels.toObject(),
    annotations: annotations.toObject(),
    state,
    activeAt: printTimestamp(activeAtMs),
    ...(keepFiringSinceMs === undefined ? {} : { keepFiringSince: printTimestamp(keepFiringSinceMs) }),
    value: printExponential(value),
  }
}

/** As Go prints a time: RFC 3339 with no more digits than are needed. */
export function printTimestamp(timestampMs: number): string {
  if (timestampMs === 0) return ZERO_TIME
  const seconds = Math.floor(timestampMs / 1_000)
  const fraction = Math.round((timestampMs - seconds * 1_000) * 1e6)
  const digits = fraction === 0 ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
  return printTime(timestampMs).replace('Z', `${digits}Z`)
}

/** Go's format `e` with as many digits as are needed: `1e+00`. */
function printExponential(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
