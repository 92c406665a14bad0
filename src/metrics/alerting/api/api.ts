import { hideSecrets } from '../config/hide-secrets.ts'
import { getAlertGroups, getAlerts, postAlerts } from './alerts.ts'
import { filterMatchers, matchesFilter } from './filters.ts'
import { type AlertmanagerRequest, type AlertmanagerResponse, json, printTime, RefusedRequest } from './http.ts'
import { deleteSilence, getSilence, getSilences, postSilences } from './silences.ts'
import type { ApiState } from './state.ts'

type Handler = (request: AlertmanagerRequest, state: ApiState) => AlertmanagerResponse

const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET /status': getStatus,
  'GET /receivers': getReceivers,
  'GET /alerts': getAlerts,
  'POST /alerts': postAlerts,
  'GET /alerts/groups': getAlertGroups,
  'GET /silences': getSilences,
  'POST /silences': postSilences,
}

/** Answers a request below `/api/v2` (prometheus/alertmanager api/v2/openapi.yaml). */
export function answer(request: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  try {
    return route(request, state)
  } catch (failure) {
    if (failure instanceof RefusedRequest) return failure.response
    throw failure
  }
}

/** Whether a request may have changed what is kept on disk. */
export function changesSilences({ method, path }: AlertmanagerRequest): boolean {
  return method !== 'GET' && path.startsWith('/silence')
}

function route(request: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  const { method, path } = request
  const handler = HANDLERS[`${method} ${path}`]
  if (handler !== undefined) return handler(request, state)
  const [, id] = /^\/silence\/([^/]+)$/.exec(path) ?? []
  if (id !== undefined && method === 'GET') return getSilence(id, state)
  if (id !== undefined && method === 'DELETE') return deleteSilence(id, state)
  const allowed = id === undefined ? methodsOf(path) : ['DELETE', 'GET']
  if (allowed.length === 0) return json(404, { code: 404, message: `path ${path} was not found` })
  return json(405, { code: 405, message: `method ${method} is not allowed, but [${allowed.join(',')}] are` })
}

function methodsOf(path: string): readonly string[] {
  return Object.keys(HANDLERS).flatMap((key) => (key.endsWith(` ${path}`) ? [key.slice(0, -path.length - 1)] : []))
}

/** GET /api/v2/status */
function getStatus(_request: AlertmanagerRequest, { config, startedAtMs, version }: ApiState): AlertmanagerResponse {
  return json(200, {
    cluster: { peers: [], status: 'disabled' },
    config: { original: hideSecrets(config.original) },
    uptime: printTime(startedAtMs),
    versionInfo: { branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '', version },
  })
}

/** GET /api/v2/receivers */
function getReceivers({ query }: AlertmanagerRequest, { config, mode }: ApiState): AlertmanagerResponse {
  const matchers = filterMatchers(query, 'receiver_matchers', {
    mode,
    prefix: 'failed to parse receiver_matchers param: ',
  })
  const shown = config.receivers.filter(({ labels = {} }) => matchesFilter(matchers, labels))
  return json(
    200,
    shown.map(({ name, labels = {} }) => ({ labels, name })),
  )
}
