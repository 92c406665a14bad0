import { goQuote } from '../../base/go-quote.ts'
import type { ScrapeConfig } from '../config/scrape-config.ts'
import { DurationError, parseDuration, printDuration } from '../model/duration.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import { type Labels, labelsOf } from '../model/labels.ts'
import { relabelBuilder } from '../relabel/relabel.ts'
import { validationSchemeOf } from '../config/global-config.ts'

/** Labels of one address, and those of the group that it is in. */
export interface DiscoveredTarget {
  readonly own: Readonly<Record<string, string>>
  readonly group: Readonly<Record<string, string>>
}

export type TargetHealth = 'unknown' | 'up' | 'down'

/** An address that is scraped. */
export interface ScrapeTarget {
  /** What series of this target get: labels without those that begin with two underscores. */
  readonly labels: Labels
  /** As it was found, before relabeling. */
  readonly discoveredLabels: Labels
  readonly scrapePool: string
  readonly scrapeUrl: string
  readonly scrapeIntervalMs: number
  readonly scrapeTimeoutMs: number
  readonly health: TargetHealth
  readonly lastError: string
  /** Undefined before the first scrape. */
  readonly lastScrapeMs: number | undefined
  readonly lastScrapeDurationMs: number
}

/** A target that relabeling dropped. */
export interface DroppedTarget {
  readonly scrapePool: string
  readonly discoveredLabels: Labels
}

/** What a target is, told by labels alone (prometheus: scrape/target.go). */
export interface TargetIdentity {
  readonly labels: Labels
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** The same labels and the same address are the same target. */
  readonly key: string
}

/** Labels of the address, completed by what the job says. */
export function discoveredLabels(config: ScrapeConfig, { own, group }: DiscoveredTarget): Labels {
  const job: Record<string, string> = {
    job: config.job_name,
    __scrape_interval__: printDuration(config.scrape_interval),
    __scrape_timeout__: printDuration(config.scrape_timeout),
    __metrics_path__: config.metrics_path,
    __scheme__: config.scheme,
    __convert_classic_histograms_to_nhcb__: String(config.convert_classic_histograms_to_nhcb ?? false),
    __always_scrape_classic_histograms__: String(config.always_scrape_classic_histograms ?? false),
    __scrape_native_histograms__: String(config.scrape_native_histograms ?? false),
  }
  for (const [name, [first]] of Object.entries(config.params)) {
    if (first !== undefined) job[`__param_${name}`] = first
  }
  return labelsOf([...Object.entries(job), ...filled(group), ...filled(own)])
}

/** The target, undefined when relabeling drops it. Throws a `TargetError` for labels that are no target. */
export function identifyTarget(config: ScrapeConfig, discovered: Labels): TargetIdentity | undefined {
  const builder = new LabelBuilder(discovered)
  if (!relabelBuilder(builder, config.relabel_configs, validationSchemeOf(config))) return undefined
  const address = builder.get('__address__')
  if (address === '') throw new TargetError('no address')
  if (address.includes('/')) throw new TargetError(`${goQuote(address)} is not a valid hostname`)
  const intervalMs = timeOf(builder, '__scrape_interval__', 'scrape interval')
  const timeoutMs = timeOf(builder, '__scrape_timeout__', 'scrape timeout')
  if (timeoutMs > intervalMs) {
    const [timeout, interval] = ['__scrape_timeout__', '__scrape_interval__'].map((name) => goQuote(builder.get(name)))
    throw new TargetError(`scrape timeout cannot be greater than scrape interval (${timeout} > ${interval})`)
  }
  for (const [name, description] of SWITCHES) checkSwitch(builder.get(name), description)
  for (const [name] of builder.entries()) {
    if (name.startsWith('__meta_')) builder.delete(name)
  }
  if (builder.get('instance') === '') builder.set('instance', address)
  const labels = builder.build()
  for (const [name, value] of labels) {
    if (!value.isWellFormed()) throw new TargetError(`invalid label value for ${goQuote(name)}: ${goQuote(value)}`)
  }
  const url = scrapeUrl(config, labels)
  return { labels, url, intervalMs, timeoutMs, key: `${labels.key} ${url}` }
}

/** What relabeling left is no target, in Prometheus' words. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
}

/** The labels that series get. */
export function publicLabels(labels: Labels): Labels {
  const hidden = new Set([...labels].map(([name]) => name).filter((name) => name.startsWith('__')))
  return labels.without(hidden)
}

/** A switch of the job that relabeling may have set for this target. */
export function switchOf(labels: Labels, name: string): boolean {
  return TRUE.has(labels.get(name))
}

/**
 * How long after now the first scrape comes, so that targets are spread over the interval, each in the same place after every
 * restart.
 */
export function scrapeOffset(key: string, options: { intervalMs: number; nowMs: number; seed: string }): number {
  const { intervalMs, nowMs, seed } = options
  const baseMs = intervalMs - (nowMs % intervalMs)
  const nextMs = baseMs + (hashOf(seed + key) % intervalMs)
  return nextMs > intervalMs ? nextMs - intervalMs : nextMs
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

const SWITCHES = [
  ['__convert_classic_histograms_to_nhcb__', 'convert classic histograms to nhcb'],
  ['__always_scrape_classic_histograms__', 'always scrape classic histograms'],
  ['__scrape_native_histograms__', 'scrape native histograms'],
] as const

function checkSwitch(value: string, description: string): void {
  if (value === '' || TRUE.has(value) || FALSE.has(value)) return
  throw new TargetError(`error parsing ${description}: strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`)
}

function filled(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).filter(([, value]) => value !== '')
}

function timeOf(labels: LabelBuilder, name: string, what: string): number {
  try {
    const timeMs = parseDuration(labels.get(name))
    if (timeMs > 0) return timeMs
  } catch (failure) {
    if (!(failure instanceof DurationError)) throw failure
    throw new TargetError(`error parsing ${what}: ${failure.message}`, { cause: failure })
  }
  throw new TargetError(`${what} cannot be 0`)
}

function scrapeUrl(config: ScrapeConfig, labels: Labels): string {
  const params = new Map(Object.entries(config.params).map(([name, values]) => [name, [...values]]))
  for (const [label, value] of labels) {
    if (!label.startsWith('__param_')) continue
    const name = label.slice('__param_'.length)
    params.set(name, [value, ...(params.get(name) ?? []).slice(1)])
  }
  const query = new URLSearchParams()
  for (const name of [...params.keys()].sort()) for (const value of params.get(name) ?? []) query.append(name, value)
  const path = labels.get('__metrics_path__')
  const base = `${labels.get('__scheme__')}://${labels.get('__address__')}${path.startsWith('/') || path === '' ? '' : '/'}${encodeURI(path)}`
  return query.size === 0 ? base : `${base}?${query.toString()}`
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
