import { untilAborted } from '../../base/abort.ts'
import type { ScrapeConfig } from '../config/scrape-config.ts'
import { BodyTooLargeError, collectBody, RequestError, statusText } from './http-body.ts'
import type { ScrapeRequest, ScrapeTransport } from './transport.ts'
import type { Clock } from '../../world/clock.ts'

/** A body that nobody limited ends here: more would be as much as all memory that a process may have. */
const BODY_BYTES_MAX = 512 * 1024 * 1024

/** What a target answered. */
export interface Exposure {
  readonly body: Uint8Array
  readonly contentType: string
}

const PROTOCOL_HEADERS: Readonly<Record<string, string>> = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
}

/** Which formats are taken, the better ones with more weight. */
export function acceptHeader(protocols: readonly string[], escaping: string): string {
  let weight = Object.keys(PROTOCOL_HEADERS).length + 1
  const parts = protocols.map((protocol) => {
    const withEscaping = protocol.endsWith('1.0.0') ? `;escaping=${escaping}` : ''
    return `${PROTOCOL_HEADERS[protocol]}${withEscaping};q=0.${weight--}`
  })
  return [...parts, `*/*;q=0.${weight}`].join(',')
}

export function scrapeRequest(config: ScrapeConfig, target: { url: string; timeoutMs: number }): ScrapeRequest {
  return {
    method: 'GET',
    url: target.url,
    headers: {
      Accept: acceptHeader(config.scrape_protocols, config.metric_name_escaping_scheme),
      'Accept-Encoding': config.enable_compression ? 'gzip' : 'identity',
      'User-Agent': 'Prometheus/3.5.0',
      'X-Prometheus-Scrape-Timeout-Seconds': String(target.timeoutMs / 1000),
    },
  }
}

/** Asks a target for its metrics. Throws a `RequestError` or a `BodyTooLargeError`, in Prometheus' words. */
export async function requestExposure(
  request: ScrapeRequest,
  options: {
    transport: ScrapeTransport
    clock: Clock
    timeoutMs: number
    /** 0 is without limit. */
    bodySizeLimit: number
    signal: AbortSignal
  },
): Promise<Exposure> {
  const { clock, timeoutMs, signal } = options
  const deadline = new AbortController()
  const timer = clock.schedule(timeoutMs, () => deadline.abort(new RequestError('context deadline exceeded')))
  const either = AbortSignal.any([deadline.signal, signal])
  try {
    const response = await untilAborted(options.transport(request, either), either)
    if (response.status !== 200) throw new RequestError(`server returned HTTP status ${statusText(response.status)}`)
    const bytesMax = options.bodySizeLimit > 0 ? options.bodySizeLimit - 1 : BODY_BYTES_MAX
    const body = await collectBody(response, { bytesMax, signal: either })
    return { body, contentType: response.headers['content-type'] ?? '' }
  } catch (failure) {
    if (deadline.signal.aborted) throw new RequestError(`Get "${request.url}": context deadline exceeded`)
    if (failure instanceof RequestError || failure instanceof BodyTooLargeError) throw failure
    throw new RequestError(`Get "${request.url}": ${reasonOf(failure)}`, { cause: failure })
  } finally {
    timer.cancel()
  }
}

/** Why a connection failed, as Go would say it. */
function reasonOf(failure: unknown): string {
  const { code, address, port, hostname, message } = failure as {
    code?: string
    address?: string
    port?: number
    hostname?: string
    message?: string
  }
  const peer = `dial tcp ${address ?? ''}:${port ?? ''}`
  switch (code) {
    case 'ECONNREFUSED':
      return `${peer}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `${peer}: connect: no route to host`
    case 'ETIMEDOUT':
      return `${peer}: i/o timeout`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${hostname ?? ''}: no such host`
    case 'ECONNRESET':
      return 'EOF'
    default:
      return message ?? String(failure)
  }
}
