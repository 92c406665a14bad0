import { badRequest, type Cause, forbiddenField, invalid, invalidValue } from '../../api/errors.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Pod } from '../../api/types.generated.ts'
import { TextStream } from '../content/text-stream.ts'
import type { SubresourceHandler } from '../context.ts'
import { parseBoolean, parseInteger } from '../http/query.ts'
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

/** Where logs come from; whoever has the kubelets fills this port. */
export interface LogSource {
  read(request: LogRequest): AsyncIterable<string>
  /** Whether something beside the pod's containers has a log under that name. */
  isBeside(pod: Pod, container: string): boolean
}

/** GET …/pods/{name}/log */
export function podLog(source: LogSource): SubresourceHandler {
  return (request, context) => {
    const options = optionsOf(request)
    const pod = current(request, context) as Pod
    const asked = request.query?.get('container') ?? ''
    const container = source.isBeside(pod, asked) ? asked : containerOf(pod, asked)
    if ((pod.spec.nodeName ?? '') === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
    return Promise.resolve(new TextStream(source.read({ ...options, container, pod: pod.metadata.name })))
  }
}

function optionsOf({
  query = new URLSearchParams(),
  namespace = '',
  name = '',
  signal,
}: ApiRequest): Omit<LogRequest, 'container' | 'pod'> {
  const tail = parseInteger(query, 'tailLines')
  const sinceSeconds = parseInteger(query, 'sinceSeconds')
  const limitBytes = parseInteger(query, 'limitBytes')
  const sinceTime = query.get('sinceTime') ?? undefined
  const causes = [...problemsOf({ tail, sinceSeconds, limitBytes, sinceTime })]
  if (causes.length > 0) throw invalid('', 'PodLogOptions', name, causes)
  return {
    namespace,
    follow: parseBoolean(query, 'follow') === true,
    previous: parseBoolean(query, 'previous') === true,
    timestamps: parseBoolean(query, 'timestamps') === true,
    ...(tail === undefined ? {} : { tail }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** k8s.io/kubernetes pkg/apis/core/validation/validation.go ValidatePodLogOptions */
function* problemsOf(options: {
  tail: number | undefined
  sinceSeconds: number | undefined
  limitBytes: number | undefined
  sinceTime: string | undefined
}): Generator<Cause> {
  const { tail, sinceSeconds, limitBytes, sinceTime } = options
  const positive = 'must be greater than 0'
  if (tail !== undefined && tail < 0) yield invalidValue('tailLines', tail, 'must be greater than or equal to 0')
  if (limitBytes !== undefined && limitBytes < 1) yield invalidValue('limitBytes', limitBytes, positive)
  if (sinceSeconds === undefined) return
  if (sinceTime !== undefined) yield forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  else if (sinceSeconds < 1) yield invalidValue('sinceSeconds', sinceSeconds, positive)
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
