import { loadAlertmanagerConfig, routeType } from '../../../src/metrics/alerting/config/alertmanager-config.ts'
import { matchRoutes, type Route, routeTree, walkRoutes } from '../../../src/metrics/alerting/routing/route.ts'
import { printDuration } from '../../../src/metrics/model/duration.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'
import { readText } from './yaml-value.ts'

/** routes.json: the routing tree, and where alerts go in it. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  const labels = (input['labels'] ?? {}) as Record<string, string>
  const config =
    'config' in input
      ? loadAlertmanagerConfig(String(input['config'])).route
      : readText(String(input['route']), routeType('fallback'))
  const root = routeTree(config)
  const matched = matchRoutes(root, labels)
  const all = [...walkRoutes(root)]
  if ('receivers' in expect)
    expectSame(
      'receivers',
      matched.map(({ receiver }) => receiver),
      expect['receivers'],
    )
  if ('matches' in expect) expectSame('matches', matched.map(describe), expect['matches'])
  if ('route_labels' in expect) expectSame('route labels', matched[0]?.labels, expect['route_labels'])
  if ('ids' in expect)
    expectSame(
      'ids',
      all.map(({ id }) => id),
      expect['ids'],
    )
  if ('receivers_depth_first' in expect) {
    expectSame(
      'receivers',
      all.map(({ receiver }) => receiver),
      expect['receivers_depth_first'],
    )
  }
  for (const [path, value] of Object.entries((expect['group_by_all'] ?? {}) as Record<string, boolean>)) {
    let route: Route | undefined = root
    for (const step of path.split('.')) route = route?.routes[Number(step)]
    expectSame(path, route?.groupByAll, value)
  }
}

function describe(route: Route): object {
  return {
    receiver: route.receiver,
    key: route.key,
    group_by: route.groupBy,
    group_by_all: route.groupByAll,
    group_wait: printDuration(route.groupWaitMs),
    group_interval: printDuration(route.groupIntervalMs),
    repeat_interval: printDuration(route.repeatIntervalMs),
  }
}
