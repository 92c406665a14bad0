import { compareText } from '../../../base/compare-text.ts'
import type { RouteConfig } from '../config/alertmanager-config.ts'
import { type AlertMatcher, type LabelSet, matchesAll, printMatchers } from '../matchers/alert-matcher.ts'

/** A node of the routing tree, with what it takes over from those above it. */
export interface Route {
  /** The matchers on the way to it; siblings may share one. */
  readonly key: string
  /** As the key, and unique. */
  readonly id: string
  readonly receiver: string
  /** Sorted. */
  readonly groupBy: readonly string[]
  /** All labels tell groups apart. */
  readonly groupByAll: boolean
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  /** Templates, told with every notification. */
  readonly labels: LabelSet
  readonly matchers: readonly AlertMatcher[]
  readonly continue: boolean
  readonly routes: readonly Route[]
}

/** What the root has that says nothing (prometheus/alertmanager dispatch/route.go DefaultRouteOpts). */
const DEFAULTS = { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 }

/** The tree of a configuration. */
export function routeTree(config: RouteConfig): Route {
  return routeOf(config, undefined, 0)
}

function routeOf(config: RouteConfig, parent: Route | undefined, index: number): Route {
  const printed = printMatchers(config.matchers)
  const inherited = parent ?? { ...DEFAULTS, receiver: '', groupBy: [], groupByAll: false, labels: {} }
  const route = {
    key: parent === undefined ? printed : `${parent.key}/${printed}`,
    id: parent === undefined ? printed : `${parent.id}/${printed}/${index}`,
    receiver: config.receiver === '' ? inherited.receiver : config.receiver,
    groupBy: config.groupBy === undefined ? inherited.groupBy : [...config.groupBy].sort(compareText),
    groupByAll: config.groupBy === undefined ? config.groupByAll || inherited.groupByAll : false,
    groupWaitMs: config.groupWaitMs ?? inherited.groupWaitMs,
    groupIntervalMs: config.groupIntervalMs ?? inherited.groupIntervalMs,
    repeatIntervalMs: config.repeatIntervalMs ?? inherited.repeatIntervalMs,
    muteTimeIntervals: config.muteTimeIntervals,
    activeTimeIntervals: config.activeTimeIntervals,
    labels: { ...inherited.labels, ...config.labels },
    matchers: config.matchers,
    continue: config.continue,
    routes: [],
  }
  return { ...route, routes: config.routes.map((child, position) => routeOf(child, route, position)) }
}

/** Where an alert goes: depth first, the first that matches unless it says to go on; none below matches: the node itself. */
export function matchRoutes(route: Route, labels: LabelSet): readonly Route[] {
  if (!matchesAll(route.matchers, labels)) return []
  const matched: Route[] = []
  for (const child of route.routes) {
    const below = matchRoutes(child, labels)
    matched.push(...below)
    if (below.length > 0 && !child.continue) break
  }
  return matched.length === 0 ? [route] : matched
}

/** A node and all below it, depth first. */
export function* walkRoutes(route: Route): Generator<Route> {
  yield route
  for (const child of route.routes) yield* walkRoutes(child)
}

/** The labels by which an alert is grouped on a route. */
export function groupLabelsOf(route: Route, labels: LabelSet): LabelSet {
  if (route.groupByAll) return labels
  return Object.fromEntries(Object.entries(labels).filter(([name]) => route.groupBy.includes(name)))
}
