import { badRequest, internalError, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import {
  ALL_OBJECTS,
  CUSTOM_METRICS,
  type DescribedObject,
  type MetricValue,
  type MetricValueList,
  type MetricValueV1Beta1,
} from '../../api/kinds/metrics/metric-values.ts'
import type { ApiRequest } from '../../api/request.ts'
import { type LabelMatcher, SelectorError } from '../../api/selectors/label-matcher.ts'
import { parseToLabelSelector } from '../../api/selectors/label-selector.ts'
import { parseLabelSelector } from '../../api/selectors/parse-labels.ts'
import type { LabelSelector } from '../../api/types.generated.ts'
import { printQuantity, quantityOfMilli } from '../../api/quantity.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext, SubresourceHandler } from '../context.ts'
import { noSuchResource } from '../http/endpoints.ts'
import { storagePathOf } from '../rest/meta.ts'
import type { MetricProvider } from './metric-provider.ts'
import { kindOfResource, namesOf, printResource } from './metric-resources.ts'

/** What a request is about. */
interface Wanted {
  readonly resource: string
  /** Absent for objects of the cluster. */
  readonly namespace?: string
  readonly name: string
  readonly metric: string
}

/** GET custom.metrics.k8s.io/…: a metric of one object, of those that a selector matches, or of a namespace. */
export function objectMetrics(provider: MetricProvider): SubresourceHandler {
  return async (request, context): Promise<MetricValueList> => {
    if (!provider.serves('custom')) throw noSuchResource()
    const metricSelector = selectorOf(request, 'metricLabelSelector')
    const items = await measure(request, { provider, context, metricSelector })
    const { version } = request.kind
    return { kind: 'MetricValueList', apiVersion: `${CUSTOM_METRICS}/${version}`, metadata: {}, items }
  }
}

async function measure(
  request: ApiRequest,
  {
    provider,
    context,
    metricSelector,
  }: { provider: MetricProvider; context: ServerContext; metricSelector: LabelMatcher },
): Promise<readonly (MetricValue | MetricValueV1Beta1)[]> {
  const { resource, namespace, name, metric } = wantedOf(request)
  const kind = kindOfResource(context.scheme, resource)
  const isAll = name === ALL_OBJECTS
  if (kind === undefined) throw isAll ? unlistable() : metricNotFound(metric, resource)
  const names = isAll ? namesIn(kind, { namespace, selector: selectorOf(request, 'labelSelector'), context }) : [name]
  const scope = namespace === undefined ? {} : { namespace }
  const values = await fetched(() =>
    provider.objects({ metric, resource: namesOf(kind), ...scope, names, metricSelector }),
  )
  const of = printResource(kind)
  if (values === undefined) throw metricNotFound(metric, of)
  if (!isAll && !values.has(name)) throw metricNotFound(metric, `${of} ${name}`)
  const form = { metric, version: request.kind.version, timestamp: printTime(context.clock.now()), metricSelector }
  return names.flatMap((one) => {
    const valueMilli = values.get(one)
    return valueMilli === undefined ? [] : [metricValue(describe(kind, { ...scope, name: one }), valueMilli, form)]
  })
}

/** `namespaces/{namespace}/metrics/{metric}` is about the namespace. */
function wantedOf({ kind, namespace, name = '', subresource }: ApiRequest): Wanted {
  if (subresource === undefined) return { resource: 'namespaces', name: namespace ?? '', metric: name }
  return { resource: kind.plural, ...(namespace === undefined ? {} : { namespace }), name, metric: subresource }
}

function namesIn(
  kind: Kind,
  { namespace, selector, context }: { namespace: string | undefined; selector: LabelMatcher; context: ServerContext },
): readonly string[] {
  const { items } = context.store.list(storagePathOf(kind), namespace)
  return items.filter(({ metadata }) => selector.matches(metadata.labels)).map(({ metadata }) => metadata.name)
}

/** The core group's version has a slash before it: so does upstream's (custom-metrics-apiserver pkg/provider/helpers). */
function describe(
  { group, version, kind }: Kind,
  { namespace, name }: { namespace?: string; name: string },
): DescribedObject {
  return { kind, ...(namespace === undefined ? {} : { namespace }), name, apiVersion: `${group}/${version}` }
}

function metricValue(
  describedObject: DescribedObject,
  valueMilli: bigint,
  form: {
    readonly metric: string
    readonly version: string
    readonly timestamp: string
    readonly metricSelector: LabelMatcher
  },
): MetricValue | MetricValueV1Beta1 {
  const { metric, version, timestamp, metricSelector } = form
  const value = printQuantity(quantityOfMilli(valueMilli))
  const selector = metricSelector.isEmpty ? null : printed(metricSelector)
  if (version === 'v1beta1') return { describedObject, metricName: metric, timestamp, value, selector }
  return { describedObject, metric: { name: metric, selector }, timestamp, value }
}

/** As Go prints it: empty parts are left out. */
function printed(matcher: LabelMatcher): LabelSelector {
  const { matchLabels = {}, matchExpressions = [] } = parseToLabelSelector(matcher.toString())
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels }),
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
  }
}

/** In-process calls have it among their options, HTTP requests in their query. */
export function selectorOf(
  { options, query }: ApiRequest,
  parameter: 'labelSelector' | 'metricLabelSelector',
): LabelMatcher {
  try {
    return parseLabelSelector(options[parameter] ?? query?.get(parameter) ?? '')
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** In the words of custom-metrics-apiserver (pkg/provider/errors.go). */
export function metricNotFound(metric: string, of: string): StatusError {
  return new StatusError(404, 'NotFound', `the server could not find the metric ${metric} for ${of}`)
}

/** Upstream hides the cause in its log; here whoever asks is told. */
export async function fetched<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw internalError(`unable to fetch metrics: ${(error as Error).message}`)
  }
}

function unlistable(): StatusError {
  return internalError('unable to list matching resources')
}
