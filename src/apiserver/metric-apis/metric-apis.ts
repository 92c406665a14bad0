import type { Kind } from '../../api/kind.ts'
import {
  CUSTOM_METRICS,
  CUSTOM_METRICS_VERSIONS,
  EXTERNAL_METRICS,
  EXTERNAL_METRICS_VERSION,
  externalMetricKind,
  namespaceMetricKind,
  objectMetricKind,
} from '../../api/kinds/metrics/metric-values.ts'
import type { Scheme } from '../../api/scheme.ts'
import type { SubresourceHandler } from '../context.ts'
import type { FurtherGroup, FurtherGroups, FurtherResource } from '../discovery/further-groups.ts'
import type { ResourceInfo } from '../http/request-info.ts'
import { externalMetrics } from './external-metrics.ts'
import type { MetricProvider } from './metric-provider.ts'
import { describableKinds, namesOf, printResource } from './metric-resources.ts'
import { objectMetrics } from './object-metrics.ts'

/** The handlers of the metric APIs, by group: see `SubresourceHandlers`. */
export function* metricHandlers(provider: MetricProvider): Generator<readonly [string, SubresourceHandler]> {
  yield [`${CUSTOM_METRICS}/*`, objectMetrics(provider)]
  yield [`${EXTERNAL_METRICS}/*`, externalMetrics(provider)]
}

/** The kind of what a path of the metric APIs asks for; `undefined` for any other path. */
export function metricKindOf(provider: MetricProvider, info: ResourceInfo): Kind | undefined {
  const { group, version, plural, namespace, name, subresource, rest, isLegacyWatch } = info
  if (isLegacyWatch || rest !== '') return undefined
  if (group === EXTERNAL_METRICS) {
    const isOne = version === EXTERNAL_METRICS_VERSION && namespace !== undefined && name === undefined
    return isOne && provider.serves('external') ? externalMetricKind(plural) : undefined
  }
  if (group !== CUSTOM_METRICS || !CUSTOM_METRICS_VERSIONS.includes(version) || !provider.serves('custom')) {
    return undefined
  }
  const namespaced = namespace !== undefined
  if (subresource !== undefined) return objectMetricKind({ version, resource: plural, namespaced, metric: subresource })
  return namespaced && plural === 'metrics' && name !== undefined ? namespaceMetricKind(version) : undefined
}

/** What discovery says of the metric APIs: which metrics there are, while there are rules for any. */
export function metricGroups(provider: MetricProvider, scheme: Scheme): FurtherGroups {
  return async () => {
    const groups: FurtherGroup[] = []
    if (provider.serves('custom')) {
      const resources = await objectMetricResources(provider, scheme)
      groups.push({ name: CUSTOM_METRICS, versions: CUSTOM_METRICS_VERSIONS, resources })
    }
    if (provider.serves('external')) {
      const kind = 'ExternalMetricValueList'
      const names = await provider.externalMetrics()
      const resources = names.map((name) => ({ name, singularName: '', namespaced: true, kind, verbs: ['get'] }))
      groups.push({ name: EXTERNAL_METRICS, versions: [EXTERNAL_METRICS_VERSION], resources })
    }
    return groups
  }
}

/** Every version of the metric APIs, and whether it is served. */
export function metricApiVersions(
  provider: MetricProvider,
): readonly { readonly group: string; readonly version: string; readonly isServed: boolean }[] {
  const isServed = provider.serves('custom')
  return [
    ...CUSTOM_METRICS_VERSIONS.map((version) => ({ group: CUSTOM_METRICS, version, isServed })),
    { group: EXTERNAL_METRICS, version: EXTERNAL_METRICS_VERSION, isServed: provider.serves('external') },
  ]
}

async function objectMetricResources(provider: MetricProvider, scheme: Scheme): Promise<readonly FurtherResource[]> {
  const metrics = await provider.objectMetrics(describableKinds(scheme).map(namesOf))
  return metrics
    .map(({ resource, metric }) => ({
      name: `${printResource(resource)}/${metric}`,
      singularName: '',
      namespaced: resource.namespaced,
      kind: 'MetricValueList',
      verbs: ['get'],
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
