import type { RuleGroup } from '../rules/rule-group.ts'
import type { Endpoint } from './answer.ts'
import { respond } from './answer.ts'
import { type MetadataSource, metricMetadata } from './metadata-endpoint.ts'
import { type QueryDeps, queryEndpoints } from './query-endpoints.ts'
import { ruleEndpoints } from './rule-endpoints.ts'
import { labelValuesEndpoint, seriesEndpoints } from './series-endpoints.ts'
import { adminEndpoints, type ServerStatus, statusEndpoints } from './status-endpoints.ts'
import { textResponse, type WebRequest, type WebResponse } from '../../world/web.ts'

const PREFIX = '/api/v1/'

/** Which endpoints take more than GET. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  query: ['GET', 'POST'],
  query_range: ['GET', 'POST'],
  query_exemplars: ['GET', 'POST'],
  format_query: ['GET', 'POST'],
  parse_query: ['GET', 'POST'],
  labels: ['GET', 'POST'],
  series: ['GET', 'POST'],
  'admin/tsdb/delete_series': ['POST', 'PUT'],
  'admin/tsdb/clean_tombstones': ['POST', 'PUT'],
  'admin/tsdb/snapshot': ['POST', 'PUT'],
}
const GET = ['GET']

export interface PrometheusApiDeps {
  readonly query: QueryDeps
  readonly status: ServerStatus
  readonly ruleGroups: () => readonly RuleGroup[]
  readonly metadata: MetadataSource
  /** Endpoints of parts that not every server has, by their path below `/api/v1/`. */
  readonly more?: Readonly<Record<string, Endpoint>>
}

/** `/api/v1` of a Prometheus. `undefined` for a path that is not part of it. */
export function prometheusApi(deps: PrometheusApiDeps): (request: WebRequest) => Promise<WebResponse> | undefined {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    ...queryEndpoints(deps.query),
    ...seriesEndpoints(deps.query.queryable),
    ...ruleEndpoints(deps.ruleGroups),
    ...statusEndpoints(deps.status),
    ...adminEndpoints(deps.status),
    metadata: (request) => metricMetadata(request, deps.metadata),
    ...deps.more,
  }
  return (request) => {
    if (!request.path.startsWith(PREFIX)) return undefined
    const path = request.path.slice(PREFIX.length)
    const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : labelValuesEndpoint(path, deps.query.queryable)
    if (endpoint === undefined) return undefined
    if (request.method === 'OPTIONS') return Promise.resolve({ status: 204, headers: {}, body: '' })
    if (!(METHODS[path] ?? GET).includes(request.method)) {
      return Promise.resolve(textResponse(405, 'Method Not Allowed\n'))
    }
    return respond(endpoint, request)
  }
}
