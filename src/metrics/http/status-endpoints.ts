import type { Clock } from '../../world/clock.ts'
import type { MetricFamily } from '../instrument/metric-families.ts'
import type { Tsdb } from '../tsdb/tsdb.ts'
import { answerOf, type Endpoint } from './answer.ts'
import { ApiError, badData, invalidParameter } from './api-error.ts'
import { matcherSets, MAX_TIME_MS, MIN_TIME_MS, timeParameter } from './parameters.ts'
import { printTimestamp } from './rule-endpoints.ts'
import { selfMetrics } from './self-metrics-endpoint.ts'
import { formOf } from '../../world/web.ts'

/** The Prometheus whose language, formats and API these are: clients choose what to ask for by it. */
export const PROMETHEUS_VERSION = '3.14.0'

const STATISTICS_ROWS = 10
const STATISTICS_ROWS_MAX = 10_000

/** What a server tells of itself. */
export interface ServerStatus {
  readonly clock: Clock
  readonly startedAtMs: number
  readonly tsdb: Tsdb
  /** The configuration that runs, as YAML without its secrets. */
  readonly configText: () => string
  /** Every flag with its value, as text. */
  readonly flags: Readonly<Record<string, string>>
  readonly reload: () => { readonly isSuccess: boolean; readonly atMs: number }
  readonly storageRetention: string
  /** Which parts of Prometheus are on: by group, by name. */
  readonly features: Readonly<Record<string, Readonly<Record<string, boolean>>>>
  readonly adminApi: boolean
  /** Copies the blocks, and the head as one more; returns the copy's name. Absent where there is no disk. */
  snapshot?(options: { readonly withHead: boolean }): Promise<string>
  /** Its own metrics. */
  readonly families: () => readonly MetricFamily[]
}

/** `/status/…`, `/features`, `/notifications`. */
export function statusEndpoints(status: ServerStatus): Readonly<Record<string, Endpoint>> {
  return {
    'status/config': async () => answerOf({ yaml: status.configText() }),
    'status/flags': async () => answerOf(status.flags),
    'status/buildinfo': async () =>
      answerOf({
        version: PROMETHEUS_VERSION,
        revision: '',
        branch: 'dabba',
        buildUser: '',
        buildDate: '',
        goVersion: '',
      }),
    'status/runtimeinfo': async () => answerOf(runtimeInfo(status)),
    'status/walreplay': async () => answerOf({ min: 0, max: 0, current: 0 }),
    'status/tsdb': async (request) => {
      const text = (await formOf(request)).get('limit') ?? ''
      if (text !== '' && !/^[1-9]\d*$/.test(text)) throw badData('limit must be a positive number')
      const limit = text === '' ? STATISTICS_ROWS : Number(text)
      if (limit > STATISTICS_ROWS_MAX) throw badData(`limit must not exceed ${STATISTICS_ROWS_MAX}`)
      return answerOf(status.tsdb.statistics(limit))
    },
    'status/tsdb/blocks': async () => answerOf({ blocks: status.tsdb.figures().blocks }),
    'status/self_metrics': (request) => selfMetrics(request, status.families),
    features: async () => answerOf(status.features),
    notifications: async () => answerOf([]),
  }
}

function runtimeInfo({ clock, startedAtMs, reload, storageRetention }: ServerStatus): object {
  const { isSuccess, atMs } = reload()
  return {
    startTime: printTimestamp(startedAtMs),
    CWD: '/',
    hostname: '',
    serverTime: printTimestamp(clock.now()),
    reloadConfigSuccess: isSuccess,
    lastConfigTime: printTimestamp(atMs),
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention,
  }
}

/** `/admin/tsdb/…`: only where the server was told to have it. */
export function adminEndpoints({ tsdb, adminApi, snapshot }: ServerStatus): Readonly<Record<string, Endpoint>> {
  const allowed = (): void => {
    if (!adminApi) throw new ApiError('unavailable', 'admin APIs disabled')
  }
  return {
    'admin/tsdb/delete_series': async (request) => {
      allowed()
      const form = await formOf(request)
      if (form.getAll('match[]').length === 0) throw badData('no match[] parameter provided')
      const range = { minMs: timeParameter(form, 'start', MIN_TIME_MS), maxMs: timeParameter(form, 'end', MAX_TIME_MS) }
      for (const matchers of matcherSets(form)) await tsdb.deleteSeries(matchers, range)
      return undefined
    },
    'admin/tsdb/clean_tombstones': async () => {
      allowed()
      await tsdb.cleanTombstones()
      return undefined
    },
    'admin/tsdb/snapshot': async (request) => {
      allowed()
      const skipsHead = booleanParameter(await formOf(request), 'skip_head')
      if (snapshot === undefined) throw new ApiError('unavailable', 'the database in memory has no snapshots')
      return answerOf({ name: await snapshot({ withHead: !skipsHead }) })
    },
  }
}

/** As Go's `strconv.ParseBool` reads it. */
function booleanParameter(form: URLSearchParams, name: string): boolean {
  const text = form.get(name) ?? ''
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (text === '' || /^(0|f|F|FALSE|false|False)$/.test(text)) return false
  const words = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`
  throw invalidParameter(name, `unable to parse boolean: ${words}`)
}
