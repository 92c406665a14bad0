import { parse } from 'yaml'
import { RE2JS } from 're2js'
import { parseQuery, parseSelector } from '../promql/syntax/parse.ts'
import { QueryTemplate } from './metric-query.ts'

/*
 * Rules in the form of prometheus-adapter's config.yaml: which series are metrics of which Kubernetes objects, under what
 * name, and by what query they are read (kubernetes-sigs/prometheus-adapter docs/config.md).
 */

export interface AdapterConfig {
  /** For custom.metrics.k8s.io. */
  readonly rules: readonly MetricRule[]
  /** For external.metrics.k8s.io. */
  readonly externalRules: readonly MetricRule[]
}

export interface MetricRule {
  /** A series selector, or `__name__` conditions alone. */
  readonly seriesQuery: string
  readonly seriesFilters: readonly SeriesFilter[]
  readonly resources: ResourceMapping
  /** How the metric's name is made of the series'. */
  readonly name: { readonly matches: RE2JS; readonly as: string }
  readonly metricsQuery: QueryTemplate
}

export interface SeriesFilter {
  readonly pattern: RE2JS
  readonly keeps: boolean
}

/** Which labels name which objects. */
export interface ResourceMapping {
  /** By label: the resource that it names, in the singular or plural. */
  readonly overrides: ReadonlyMap<string, { readonly group: string; readonly resource: string }>
  /** `kube_<<.Resource>>`: the label of any other resource. */
  readonly template: string | undefined
  readonly namespaced: boolean
}

/** Rules that cannot be used, and which of them. */
export class AdapterConfigError extends Error {
  override readonly name = 'AdapterConfigError'
}

/** Reads a config.yaml. Throws an AdapterConfigError. */
export function readAdapterConfig(text: string): AdapterConfig {
  let parsed: unknown
  try {
    parsed = parse(text)
  } catch (error) {
    // What follows the first line is a picture of the place, which an Event has no room for.
    const [reason = ''] = (error as Error).message.split(':\n')
    throw new AdapterConfigError(`unable to load metrics discovery config: ${reason}`, { cause: error })
  }
  const root = objectAt(parsed ?? {}, 'the configuration')
  const list = (name: string): readonly MetricRule[] =>
    listAt(root[name], name).map((rule, index) => readRule(rule, `${name}[${index}]`))
  return { rules: list('rules'), externalRules: list('externalRules') }
}

function readRule(value: unknown, path: string): MetricRule {
  const rule = objectAt(value, path)
  const seriesQuery = textAt(rule['seriesQuery'], `${path}.seriesQuery`)
  parsed(`${path}.seriesQuery`, () => parseSelector(seriesQuery))
  const metricsQuery = readMetricsQuery(rule['metricsQuery'], `${path}.metricsQuery`)
  const name = objectAt(rule['name'] ?? {}, `${path}.name`)
  const matches = patternAt(name['matches'] ?? '.*', `${path}.name.matches`)
  const groups = matches.groupCount()
  if (name['as'] === undefined && groups > 1) {
    throw new AdapterConfigError(`${path}.name.as: must be given when "matches" has more than one group`)
  }
  return {
    seriesQuery,
    seriesFilters: listAt(rule['seriesFilters'], `${path}.seriesFilters`).map((filter, index) =>
      readFilter(filter, `${path}.seriesFilters[${index}]`),
    ),
    resources: readResources(objectAt(rule['resources'] ?? {}, `${path}.resources`), `${path}.resources`),
    name: {
      matches,
      as: name['as'] === undefined ? (groups === 1 ? '$1' : '$0') : textAt(name['as'], `${path}.name.as`),
    },
    metricsQuery,
  }
}

/** A query that could never run is told now, not when the first autoscaler asks. */
function readMetricsQuery(value: unknown, path: string): QueryTemplate {
  const text = textAt(value, path)
  const conditions = [{ name: 'namespace', op: '=', value: 'shop' }] as const
  return parsed(path, () => {
    const template = new QueryTemplate(text)
    parseQuery(template.fill({ series: 'up', conditions, groupBy: ['namespace'] }))
    return template
  })
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new AdapterConfigError(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

function readFilter(value: unknown, path: string): SeriesFilter {
  const { is, isNot } = objectAt(value, path)
  if ((is === undefined) === (isNot === undefined)) {
    throw new AdapterConfigError(`${path}: must have either "is" or "isNot"`)
  }
  return is === undefined
    ? { pattern: patternAt(isNot, `${path}.isNot`), keeps: false }
    : { pattern: patternAt(is, `${path}.is`), keeps: true }
}

function readResources(resources: Readonly<Record<string, unknown>>, path: string): ResourceMapping {
  const overrides = Object.entries(objectAt(resources['overrides'] ?? {}, `${path}.overrides`)).map(
    ([label, value]) => {
      const at = `${path}.overrides.${label}`
      const { group = '', resource } = objectAt(value, at)
      return [label, { group: textAt(group, `${at}.group`), resource: textAt(resource, `${at}.resource`) }] as const
    },
  )
  const { template, namespaced } = resources
  return {
    overrides: new Map(overrides),
    template: template === undefined ? undefined : textAt(template, `${path}.template`),
    namespaced: namespaced !== false,
  }
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new AdapterConfigError(`${path}: must be a mapping`)
}

function listAt(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw new AdapterConfigError(`${path}: must be a list`)
}

function textAt(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new AdapterConfigError(`${path}: must be a text`)
}

function patternAt(value: unknown, path: string): RE2JS {
  const text = textAt(value, path)
  try {
    return RE2JS.compile(text)
  } catch (error) {
    throw new AdapterConfigError(`${path}: ${(error as Error).message}`, { cause: error })
  }
}
