import { error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'
import { type Targeted, validateTargets } from './selectors.ts'
import { type LogFilter, validateLogFilter } from './log-filter.ts'

export interface Telemetry extends Targeted {
  readonly metrics?: Maybe<readonly Maybe<Metrics>[]>
  readonly tracing?: Maybe<readonly Maybe<Tracing>[]>
  readonly accessLogging?: Maybe<readonly Maybe<AccessLogging>[]>
}

type Providers = Maybe<readonly Maybe<{ readonly name?: string }>[]>

interface Metrics {
  readonly providers?: Providers
  readonly overrides?: Maybe<readonly Maybe<MetricsOverride>[]>
}

interface MetricsOverride {
  readonly match?: Maybe<{ readonly customMetric?: string }>
  readonly tagOverrides?: Maybe<Readonly<Record<string, Maybe<TagOverride>>>>
}

interface TagOverride {
  readonly operation?: string
  readonly value?: string
}

interface Tracing {
  readonly providers?: Providers
  readonly randomSamplingPercentage?: number
  readonly customTags?: Maybe<Readonly<Record<string, Maybe<CustomTag>>>>
}

interface CustomTag {
  readonly literal?: Maybe<{ readonly value?: string }>
  readonly header?: Maybe<{ readonly name?: string }>
  readonly environment?: Maybe<{ readonly name?: string }>
}

interface AccessLogging {
  readonly providers?: Providers
  readonly filter?: Maybe<LogFilter>
}

export function* validateTelemetry(telemetry: Telemetry): Generator<Problem> {
  yield* validateTargets(telemetry)
  for (const metrics of (telemetry.metrics ?? []).filter(isGiven)) yield* validateMetrics(metrics)
  if ((telemetry.tracing ?? []).length > 1) yield warning('multiple tracing is not currently supported')
  for (const tracing of (telemetry.tracing ?? []).filter(isGiven)) yield* validateTracing(tracing)
  for (const { filter, providers } of (telemetry.accessLogging ?? []).filter(isGiven)) {
    if (isGiven(filter)) yield* validateLogFilter(filter)
    yield* errorOf(providersProblem(providers))
  }
}

function* validateMetrics({ providers, overrides }: Metrics): Generator<Problem> {
  yield* errorOf(providersProblem(providers))
  for (const override of overrides ?? []) {
    if (!isGiven(override)) {
      yield error('tagOverrides may not be null')
      continue
    }
    for (const [name, tag] of Object.entries(override.tagOverrides ?? {})) {
      if (name === '') yield warning('tagOverrides.name may not be empty')
      yield* errorOf(isGiven(tag) ? tagOverrideProblem(tag) : 'tagOverrides may not be null')
    }
    if (override.match?.customMetric === '') yield error('customMetric may not be empty')
  }
}

function tagOverrideProblem({ operation = 'UPSERT', value = '' }: TagOverride): string | undefined {
  if (operation === 'UPSERT' && value === '') return 'tagOverrides.value must be set when operation is UPSERT'
  if (operation === 'REMOVE' && value !== '') return 'tagOverrides.value may only be set when operation is UPSERT'
  return undefined
}

function* validateTracing({ providers, randomSamplingPercentage = 0, customTags }: Tracing): Generator<Problem> {
  if ((providers ?? []).length > 1) yield warning('multiple providers is not currently supported')
  yield* errorOf(providersProblem(providers))
  if (randomSamplingPercentage < 0 || randomSamplingPercentage > 100) {
    yield error('randomSamplingPercentage must be in range [0.0, 100.0]')
  }
  for (const [name, tag] of Object.entries(customTags ?? {})) {
    if (name === '') yield error('tag name may not be empty')
    yield* errorOf(isGiven(tag) ? customTagProblem(tag) : `tag '${name}' may not have a nil value`)
  }
}

function customTagProblem({ literal, header, environment }: CustomTag): string | undefined {
  if (isGiven(literal)) return (literal.value ?? '') === '' ? 'literal tag value may not be empty' : undefined
  if (isGiven(header)) return (header.name ?? '') === '' ? 'header tag name may not be empty' : undefined
  if (!isGiven(environment)) return undefined
  return (environment.name ?? '') === '' ? 'environment tag name may not be empty' : undefined
}

function providersProblem(providers: Providers): string | undefined {
  const isNameless = (providers ?? []).some((provider) => (provider?.name ?? '') === '')
  return isNameless ? 'providers.name may not be empty' : undefined
}
