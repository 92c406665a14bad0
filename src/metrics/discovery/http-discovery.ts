import { untilAborted } from '../../base/abort.ts'
import type { Clock } from '../../world/clock.ts'
import { goQuote } from '../../base/go-quote.ts'
import type { HttpDiscoveryConfig } from '../config/discoveries.ts'
import { ConfigError } from '../config/schema.ts'
import { BodyTooLargeError, collectBody, RequestError, statusText } from '../scrape/http-body.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import { KnownSources, readTargetGroups } from './read-target-groups.ts'
import { sleptUntilNext } from './refresh.ts'
import type { Discoverer, TargetGroup } from './target-group.ts'

const BODY_BYTES_MAX = 64 * 1024 * 1024
const JSON_TYPE = /^(?:application\/json(?:;\s*charset=("utf-8"|utf-8))?)$/i

export interface HttpDiscoveryPorts {
  readonly clock: Clock
  /** Does what the configuration says of credentials and certificates. */
  readonly transport: ScrapeTransport
  /** Why a request failed; the targets stay as they were. */
  onProblem(problem: string): void
}

/** Targets that a server names, asked again and again (prometheus: discovery/http/http.go). */
export function httpDiscovery(config: HttpDiscoveryConfig, ports: HttpDiscoveryPorts): Discoverer {
  return {
    async run(update, signal) {
      const known = new KnownSources()
      do {
        try {
          const groups = await requestGroups(config, ports, signal)
          if (signal.aborted) return
          update(known.update(config.url, groups))
        } catch (failure) {
          if (signal.aborted) return
          if (!isExpected(failure)) throw failure
          ports.onProblem(`http service discovery: ${goQuote(config.url)}: ${failure.message}`)
        }
      } while (await sleptUntilNext(ports.clock, config.refresh_interval, signal))
    },
  }
}

async function requestGroups(
  config: HttpDiscoveryConfig,
  { transport, clock }: HttpDiscoveryPorts,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const deadline = new AbortController()
  const timer = clock.schedule(config.refresh_interval, () => {
    deadline.abort(new RequestError('context deadline exceeded'))
  })
  const either = AbortSignal.any([signal, deadline.signal])
  try {
    const request = {
      method: 'GET' as const,
      url: config.url,
      headers: {
        Accept: 'application/json',
        'User-Agent': 'Prometheus/3.5.0',
        'X-Prometheus-Refresh-Interval-Seconds': String(config.refresh_interval / 1000),
      },
    }
    const response = await untilAborted(transport(request, either), either)
    if (response.status !== 200) throw new RequestError(`server returned HTTP status ${statusText(response.status)}`)
    const contentType = response.headers['content-type'] ?? ''
    if (!JSON_TYPE.test(contentType.trim())) {
      throw new RequestError(`unsupported content type ${goQuote(contentType)}`)
    }
    const body = await collectBody(response, { bytesMax: BODY_BYTES_MAX, signal: either })
    const text = Buffer.from(body).toString('utf8')
    return readTargetGroups(text, { source: config.url, extra: { __meta_url: config.url } })
  } finally {
    timer.cancel()
  }
}

function isExpected(failure: unknown): failure is Error {
  if (failure instanceof RequestError || failure instanceof BodyTooLargeError || failure instanceof ConfigError) {
    return true
  }
  // Of the host's network.
  return failure instanceof Error && 'code' in failure
}
