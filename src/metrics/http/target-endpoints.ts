import { compareText } from '../../base/compare-text.ts'
import { goQuote } from '../../base/go-quote.ts'
import { printDuration } from '../model/duration.ts'
import type { MetricMetadata } from '../model/storage.ts'
import { parseSelector } from '../promql/syntax/parse.ts'
import type { ScrapeManager } from '../scrape/scrape-manager.ts'
import type { ScrapeTarget } from '../scrape/scrape-target.ts'
import { type Answer, answerOf, type Endpoint } from './answer.ts'
import { badData } from './api-error.ts'
import { relabelSteps, scrapePoolConfig } from './relabel-endpoint.ts'
import { printTimestamp } from './rule-endpoints.ts'
import type { MetadataSource } from './metadata-endpoint.ts'
import { formOf, type WebRequest } from '../../world/web.ts'

export interface AlertmanagersView {
  readonly active: readonly string[]
  readonly dropped: readonly string[]
}

/** Endpoints about what is scraped, and whom alerts go to. */
export function targetEndpoints(
  scrapes: ScrapeManager,
  alertmanagers: () => AlertmanagersView,
): Readonly<Record<string, Endpoint>> {
  return {
    targets: (request) => targets(request, scrapes),
    scrape_pools: async () => answerOf({ scrapePools: scrapes.pools().toSorted(compareText) }),
    'scrape_pools/config': (request) => scrapePoolConfig(request, (pool) => scrapes.configOf(pool)),
    'targets/relabel_steps': (request) => relabelSteps(request, (pool) => scrapes.configOf(pool)),
    'targets/metadata': (request) => targetMetadata(request, scrapes),
    alertmanagers: async () => {
      const { active, dropped } = alertmanagers()
      const listed = (urls: readonly string[]): readonly object[] => urls.map((url) => ({ url }))
      return answerOf({ activeAlertmanagers: listed(active), droppedAlertmanagers: listed(dropped) })
    },
  }
}

/** What all targets say of their metrics, for `/metadata`. */
export function scrapedMetadata(scrapes: ScrapeManager): MetadataSource {
  return function* () {
    for (const { families } of scrapes.metadata()) {
      for (const { metricFamily, type, unit, help } of families) yield [metricFamily, { type, unit, help }]
    }
  }
}

async function targets(request: WebRequest, scrapes: ScrapeManager): Promise<Answer> {
  const form = await formOf(request)
  const state = (form.get('state') ?? '').toLowerCase()
  const pool = form.get('scrapePool') ?? ''
  const of = pool === '' ? undefined : pool
  const isAny = state !== 'active' && state !== 'dropped'
  const active = isAny || state === 'active' ? scrapes.targets(of).map(printTarget) : []
  const dropped =
    isAny || state === 'dropped'
      ? scrapes.droppedTargets(of).map(({ discoveredLabels, scrapePool }) => ({
          discoveredLabels: discoveredLabels.toObject(),
          scrapePool,
        }))
      : []
  return answerOf({
    activeTargets: active,
    droppedTargets: dropped,
    droppedTargetCounts: isAny || state === 'dropped' ? scrapes.droppedTargetCounts() : null,
  })
}

function printTarget(target: ScrapeTarget): object {
  return {
    discoveredLabels: target.discoveredLabels.toObject(),
    labels: target.labels.toObject(),
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: target.scrapeUrl,
    lastError: target.lastError,
    lastScrape: printTimestamp(target.lastScrapeMs ?? 0),
    lastScrapeDuration: target.lastScrapeDurationMs / 1_000,
    health: target.health,
    scrapeInterval: printDuration(target.scrapeIntervalMs),
    scrapeTimeout: printDuration(target.scrapeTimeoutMs),
  }
}

async function targetMetadata(request: WebRequest, scrapes: ScrapeManager): Promise<Answer> {
  const form = await formOf(request)
  const text = form.get('limit') ?? ''
  if (text !== '' && !/^[+-]?\d+$/.test(text)) throw badData('limit must be a number')
  const limit = text === '' ? -1 : Number(text)
  const wanted = form.get('metric') ?? ''
  const selector = form.get('match_target') ?? ''
  let matchers: ReturnType<typeof parseSelector> = []
  try {
    if (selector !== '') matchers = parseSelector(selector)
  } catch (error) {
    throw badData((error as Error).message)
  }
  const found: object[] = []
  for (const { target, families } of scrapes.metadata()) {
    if (!matchers.every((matcher) => matcher.matches(target.get(matcher.name)))) continue
    for (const { metricFamily, type, help, unit } of families) {
      if (wanted !== '' && metricFamily !== wanted) continue
      const metadata: MetricMetadata = { type, help, unit }
      found.push({ target: target.toObject(), ...(wanted === '' ? { metric: metricFamily } : {}), ...metadata })
    }
  }
  const listed = limit < 0 ? found : found.slice(0, limit)
  if (listed.length === 0 && wanted !== '') throw badData(`specified metadata not found for ${goQuote(wanted)}`)
  return answerOf(listed)
}
