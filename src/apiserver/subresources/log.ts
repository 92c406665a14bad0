import { badRequest, invalid, invalidValue, type StatusError } from '../../api/errors.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Pod } from '../../api/types.generated.ts'
import { TextStream } from '../content/text-stream.ts'
import type { SubresourceHandler } from '../context.ts'
import { current } from '../rest/get.ts'

/** What a reader wants of a container's log. */
export interface LogRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tail?: number
  readonly sinceSeconds?: number
  /** RFC 3339. */
  readonly sinceTime?: string
  readonly limitBytes?: number
  readonly signal?: AbortSignal
}

/** Where logs come from; the kubelets fill this port. */
export type LogSource = (request: LogRequest) => AsyncIterable<string>

/** GET …/pods/{name}/log */
export function podLog(source: LogSource): SubresourceHandler {
  return (request, context) => {
    const pod = current(request, context) as Pod
    const container = containerOf(pod, request.query?.get('container') ?? '')
    if ((pod.spec.nodeName ?? '') === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
    return Promise.resolve(new TextStream(source({ ...optionsOf(request), container, pod: pod.metadata.name })))
  }
}

function optionsOf(request: ApiRequest): Omit<LogRequest, 'container' | 'pod'> {
  const query = request.query ?? new URLSearchParams()
  const tail = whole(query, 'tailLines', 0)
  const sinceSeconds = whole(query, 'sinceSeconds', 1)
  const limitBytes = whole(query, 'limitBytes', 1)
  const sinceTime = query.get('sinceTime')
  if (sinceTime !== null && sinceSeconds !== undefined) {
    throw refused('sinceSeconds', sinceSeconds, 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  }
  return {
    namespace: request.namespace ?? '',
    follow: query.get('follow') === 'true',
    previous: query.get('previous') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tail === undefined ? {} : { tail }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === null ? {} : { sinceTime }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  }
}

function whole(query: URLSearchParams, name: string, min: number): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const value = Number(text)
  if (!Number.isInteger(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  if (value < min)
    throw refused(name, value, min === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0')
  return value
}

function refused(field: string, value: unknown, detail: string): StatusError {
  return invalid('', 'PodLogOptions', '', [invalidValue(field, value, detail)])
}

/** The words of k8s.io/kubernetes pkg/registry/core/pod/strategy.go LogLocation. */
function containerOf({ spec, metadata }: Pod, asked: string): string {
  const all = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
  if (asked !== '') {
    if (all.some(({ name }) => name === asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`)
  }
  const [only, ...others] = spec.containers
  if (only !== undefined && others.length === 0) return only.name
  const names = (list: readonly { name: string }[]): string => `[${list.map(({ name }) => name).join(' ')}]`
  const choose = `a container name must be specified for pod ${metadata.name}, choose one of: ${names(spec.containers)}`
  throw badRequest(
    (spec.initContainers ?? []).length === 0
      ? choose
      : `${choose} or one of the init containers: ${names(spec.initContainers ?? [])}`,
  )
}
