import {
  EXTERNAL_METRICS,
  EXTERNAL_METRICS_VERSION,
  type ExternalMetricValueList,
} from '../../api/kinds/metrics/metric-values.ts'
import { printQuantity, quantityOfMilli } from '../../api/quantity.ts'
import { printTime } from '../../world/clock.ts'
import type { SubresourceHandler } from '../context.ts'
import { noSuchResource } from '../http/endpoints.ts'
import type { MetricProvider } from './metric-provider.ts'
import { fetched, metricNotFound, selectorOf } from './object-metrics.ts'

/** GET external.metrics.k8s.io/…/namespaces/{namespace}/{metric}: every series of a metric. */
export function externalMetrics(provider: MetricProvider): SubresourceHandler {
  return async (request, { clock }): Promise<ExternalMetricValueList> => {
    if (!provider.serves('external')) throw noSuchResource()
    const { plural: metric } = request.kind
    const { namespace = '' } = request
    const metricSelector = selectorOf(request, 'labelSelector')
    const values = await fetched(() => provider.external({ metric, namespace, metricSelector }))
    if (values === undefined) throw metricNotFound(metric, resourceOf(namespace))
    const timestamp = printTime(clock.now())
    return {
      kind: 'ExternalMetricValueList',
      apiVersion: `${EXTERNAL_METRICS}/${EXTERNAL_METRICS_VERSION}`,
      metadata: {},
      items: values.map(({ labels, valueMilli }) => ({
        metricName: metric,
        metricLabels: labels,
        timestamp,
        value: printQuantity(quantityOfMilli(valueMilli)),
      })),
    }
  }
}

/** What the missing metric is said to be of: upstream names something for one namespace only (prometheus-adapter pkg/external-provider/provider.go). */
function resourceOf(namespace: string): string {
  return namespace === 'default' ? 'namespaces' : ''
}
