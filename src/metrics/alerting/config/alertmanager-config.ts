import {
  bool,
  checked,
  converted,
  duration,
  list,
  mapOf,
  object,
  text,
  type TypeOf,
  type YamlType,
} from '../../yaml/types.ts'
import { isNull, readYaml, valueOf, YamlError } from '../../yaml/nodes.ts'
import { anything, readAs } from '../../yaml/types.ts'
import { type AlertMatcher, compareMatchers } from '../matchers/alert-matcher.ts'
import { isValidLabelName, type MatcherMode } from '../matchers/parse-matchers.ts'
import { ConfigError } from './config-error.ts'
import { inheritGlobals } from './inherit-globals.ts'
import { type GlobalConfig, globalConfig, receiver, type ReceiverConfig } from './sections.ts'
import { type TimeInterval, timeInterval } from './time-interval.ts'
import { equalities, matcherList, patterns } from './values.ts'

/** A configuration of Alertmanager's that was found to be in order. */
export interface AlertmanagerConfig {
  readonly resolveTimeoutMs: number
  readonly global: GlobalConfig
  readonly route: RouteConfig
  readonly inhibitRules: readonly InhibitRuleConfig[]
  readonly receivers: readonly ReceiverConfig[]
  /** Patterns of files with templates. */
  readonly templates: readonly string[]
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>
  /** As it was written. */
  readonly original: string
}

export interface RouteConfig {
  readonly receiver: string
  /** `undefined`: as the route above. */
  readonly groupBy: readonly string[] | undefined
  readonly groupByAll: boolean
  readonly matchers: readonly AlertMatcher[]
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  readonly continue: boolean
  readonly routes: readonly RouteConfig[]
  readonly groupWaitMs?: number
  readonly groupIntervalMs?: number
  readonly repeatIntervalMs?: number
  readonly labels: Readonly<Record<string, string>>
}

export interface InhibitRuleConfig {
  readonly name: string
  readonly sourceMatchers: readonly AlertMatcher[]
  readonly targetMatchers: readonly AlertMatcher[]
  readonly equal: readonly string[]
}

function routeFields(mode: MatcherMode, routes: YamlType<readonly RouteConfig[]>) {
  return object('config.plain', {
    receiver: text,
    group_by: list(text),
    match: equalities,
    match_re: patterns,
    matchers: matcherList(mode),
    mute_time_intervals: list(text),
    active_time_intervals: list(text),
    continue: bool,
    routes,
    group_wait: duration,
    group_interval: duration,
    repeat_interval: duration,
    labels: mapOf(text),
  })
}

/** The block of a route and those below it. */
export function routeType(mode: MatcherMode): YamlType<RouteConfig> {
  const self: YamlType<RouteConfig> = { read: (node, report) => type.read(node, report) }
  const type = converted(routeFields(mode, list(self)), (fields) => routeOf(fields, mode))
  return self
}

function routeOf(fields: TypeOf<ReturnType<typeof routeFields>>, mode: MatcherMode): RouteConfig {
  const { group_by: groupBy, labels = {}, match = [], match_re: matchRe = [], matchers = [] } = fields
  for (const name of Object.keys(labels)) {
    if (!isValidLabelName(name, mode)) throw new Error(`invalid label name ${JSON.stringify(name)} in route labels`)
  }
  const groupByAll = groupBy?.includes('...') ?? false
  const named = groupBy?.filter((name) => name !== '...')
  checkGroupBy(named ?? [], groupByAll, mode)
  const { group_wait: groupWaitMs, group_interval: groupIntervalMs, repeat_interval: repeatIntervalMs } = fields
  if (groupIntervalMs === 0) throw new Error('group_interval cannot be zero')
  if (repeatIntervalMs === 0) throw new Error('repeat_interval cannot be zero')
  return {
    receiver: fields.receiver ?? '',
    groupBy: groupByAll ? undefined : named,
    groupByAll,
    matchers: [...match, ...matchRe, ...matchers].sort(compareMatchers),
    muteTimeIntervals: fields.mute_time_intervals ?? [],
    activeTimeIntervals: fields.active_time_intervals ?? [],
    continue: fields.continue ?? false,
    routes: fields.routes ?? [],
    ...(groupWaitMs !== undefined && { groupWaitMs }),
    ...(groupIntervalMs !== undefined && { groupIntervalMs }),
    ...(repeatIntervalMs !== undefined && { repeatIntervalMs }),
    labels,
  }
}

function checkGroupBy(names: readonly string[], groupByAll: boolean, mode: MatcherMode): void {
  for (const name of names) {
    if (!isValidLabelName(name, mode)) throw new Error(`invalid label name ${JSON.stringify(name)} in group_by list`)
  }
  if (groupByAll && names.length > 0) {
    throw new Error('cannot have wildcard group_by (`...`) and other labels at the same time')
  }
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double !== undefined) throw new Error(`duplicated label ${JSON.stringify(double)} in group_by`)
}

/** The block of one inhibition rule. */
export function inhibitRuleType(mode: MatcherMode): YamlType<InhibitRuleConfig> {
  const fields = object('common.plain', {
    name: text,
    source_match: equalities,
    source_match_re: patterns,
    source_matchers: matcherList(mode),
    target_match: equalities,
    target_match_re: patterns,
    target_matchers: matcherList(mode),
    equal: list(text),
  })
  return converted(fields, (rule): InhibitRuleConfig => {
    const { name = '', equal = [] } = rule
    for (const label of equal) {
      if (!isValidLabelName(label, mode)) throw new Error(`invalid label name ${JSON.stringify(label)} in equal list`)
    }
    return {
      name,
      equal,
      sourceMatchers: [...(rule.source_match ?? []), ...(rule.source_match_re ?? []), ...(rule.source_matchers ?? [])],
      targetMatchers: [...(rule.target_match ?? []), ...(rule.target_match_re ?? []), ...(rule.target_matchers ?? [])],
    }
  })
}

function namedIntervals(what: string) {
  const fields = object('config.plain', { name: text, time_intervals: list(timeInterval) })
  return list(checked(fields, ({ name = '' }) => (name === '' ? `missing name in ${what}` : undefined)))
}

function configFields(mode: MatcherMode) {
  return object('config.plain', {
    global: globalConfig,
    route: routeType(mode),
    inhibit_rules: list(inhibitRuleType(mode)),
    receivers: list(receiver),
    templates: list(text),
    mute_time_intervals: namedIntervals('mute time interval'),
    time_intervals: namedIntervals('time interval'),
    tracing: anything,
    event_recorder: anything,
  })
}

/** Reads a configuration (prometheus/alertmanager config/config.go). Throws a `ConfigError`. */
export function loadAlertmanagerConfig(content: string, mode: MatcherMode = 'fallback'): AlertmanagerConfig {
  try {
    const { root } = readYaml(content)
    if (root === undefined || isNull(root)) throw new ConfigError('no route provided in config')
    const fields = readAs(root, configFields(mode))
    return checkedConfig(fields, content, valueOf(root, 'route')?.line)
  } catch (failure) {
    if (failure instanceof YamlError) throw new ConfigError(failure.message, { line: failure.line, cause: failure })
    throw failure
  }
}

function checkedConfig(
  fields: TypeOf<ReturnType<typeof configFields>>,
  original: string,
  routeLine: number | undefined,
): AlertmanagerConfig {
  const { global = {}, route, inhibit_rules: inhibitRules = [], templates = [] } = fields
  const receivers = inheritGlobals(fields.receivers ?? [], global)
  if (route === undefined) throw new ConfigError('no routes provided')
  const refuse = (message: string): never => {
    throw new ConfigError(message, { line: routeLine })
  }
  if (route.receiver === '') refuse('root route must specify a default receiver')
  if (route.matchers.length > 0) refuse('root route must not have any matchers')
  if (route.muteTimeIntervals.length > 0) refuse('root route must not have any mute time intervals')
  if (route.activeTimeIntervals.length > 0) refuse('root route must not have any active time intervals')
  checkReceivers(route, new Set(receivers.map(({ name }) => name)))
  const timeIntervals = new Map<string, readonly TimeInterval[]>()
  addIntervals(timeIntervals, fields.mute_time_intervals ?? [], 'mute time interval')
  addIntervals(timeIntervals, fields.time_intervals ?? [], 'time interval')
  checkIntervals(route, timeIntervals)
  if (route.continue) refuse('cannot have continue in root route')
  const resolveTimeoutMs = global.resolve_timeout ?? RESOLVE_TIMEOUT_MS
  return { resolveTimeoutMs, global, route, inhibitRules, receivers, templates, timeIntervals, original }
}

/** After which an alert that nobody says again is over (config/config.go DefaultGlobalConfig). */
const RESOLVE_TIMEOUT_MS = 5 * 60_000

function checkReceivers(route: RouteConfig, names: ReadonlySet<string>): void {
  for (const child of route.routes) checkReceivers(child, names)
  if (route.receiver !== '' && !names.has(route.receiver)) {
    throw new ConfigError(`undefined receiver ${JSON.stringify(route.receiver)} used in route`)
  }
}

function checkIntervals(route: RouteConfig, intervals: ReadonlyMap<string, unknown>): void {
  for (const child of route.routes) checkIntervals(child, intervals)
  for (const name of [...route.activeTimeIntervals, ...route.muteTimeIntervals]) {
    if (!intervals.has(name)) throw new ConfigError(`undefined time interval ${JSON.stringify(name)} used in route`)
  }
}

function addIntervals(
  intervals: Map<string, readonly TimeInterval[]>,
  added: readonly { readonly name?: string; readonly time_intervals?: readonly TimeInterval[] }[],
  what: string,
): void {
  for (const { name = '', time_intervals: times = [] } of added) {
    if (intervals.has(name)) throw new ConfigError(`${what} ${JSON.stringify(name)} is not unique`)
    intervals.set(name, times)
  }
}
