import type { Labels } from '../model/labels.ts'
import type { MetricRule } from './adapter-config.ts'

/** A resource by all of its names. */
export interface ResourceNames {
  readonly group: string
  /** `pods` */
  readonly plural: string
  /** `pod` */
  readonly singular: string
  readonly namespaced: boolean
}

/** A metric that some objects of a resource have. */
export interface ObjectMetricName {
  readonly resource: ResourceNames
  readonly metric: string
}

export const NAMESPACE: ResourceNames = { group: '', plural: 'namespaces', singular: 'namespace', namespaced: false }

/** What a rule calls the metric of a series; `undefined` when it is not for it. */
export function metricName({ seriesFilters, name: { matches, as } }: MetricRule, series: string): string | undefined {
  if (seriesFilters.some(({ pattern, keeps }) => pattern.matcher(series).find() !== keeps)) return undefined
  const matcher = matches.matcher(series)
  if (!matcher.find()) return undefined
  return as.replaceAll(/\$(?:\{(\w+)\}|(\d+))/g, (_whole, braced: string | undefined, plain: string | undefined) => {
    const group = Number(braced ?? plain)
    return Number.isInteger(group) && group <= matches.groupCount() ? (matcher.group(group) ?? '') : ''
  })
}

/** The label that names objects of a resource. */
export function labelOf({ resources }: MetricRule, { group, plural, singular }: ResourceNames): string | undefined {
  for (const [label, override] of resources.overrides) {
    const isNamed = override.resource === plural || override.resource === singular
    // Without a group, the resource of that name is meant, wherever it is.
    if (isNamed && (override.group === group || override.group === '')) return label
  }
  return resources.template?.replaceAll(/<<\s*\.(Resource|Group)\s*>>/g, (_whole, part: string) =>
    part === 'Resource' ? singular : group.replaceAll(/[.-]/g, '_'),
  )
}

/** Which metrics a rule makes of these series, for which of the resources. Of two that one label could name, the first. */
export function* namesFrom(
  rule: MetricRule,
  { series, resources }: { readonly series: readonly Labels[]; readonly resources: readonly ResourceNames[] },
): Generator<ObjectMetricName> {
  const byLabel = new Map<string, ResourceNames>()
  for (const resource of resources) {
    const label = labelOf(rule, resource)
    if (label !== undefined && !byLabel.has(label)) byLabel.set(label, resource)
  }
  const seen = new Set<string>()
  for (const labels of series) {
    const names = [...labels].map(([name]) => name).filter((name) => byLabel.has(name))
    const key = `${labels.metricName} ${names.join(' ')}`
    if (seen.has(key)) continue
    seen.add(key)
    const metric = metricName(rule, labels.metricName)
    if (metric === undefined) continue
    for (const name of names) {
      const resource = byLabel.get(name)
      if (resource !== undefined) yield { resource, metric }
    }
  }
}
