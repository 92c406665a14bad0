import { badRequest } from '../api/errors.ts'
import type { Clock } from '../world/clock.ts'
import type { ContainerWorker } from './pods/container-worker.ts'
import type { LogEntry, LogOptions } from './runtime.ts'

/** GET …/pods/{name}/log, after its parameters were read and its container was chosen. */
export interface LogRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly follow?: boolean
  /** How many of the last lines. */
  readonly tail?: number
  readonly sinceSeconds?: number
  /** RFC 3339. */
  readonly sinceTime?: string
  readonly timestamps?: boolean
  /** Of the run before. */
  readonly previous?: boolean
  readonly limitBytes?: number
  readonly signal?: AbortSignal
}

/** Something that has a log: a run of a container, or what stands beside a pod's containers. */
export interface Logging {
  logs(options: LogOptions): AsyncIterable<LogEntry>
}

/** Where the containers are to be found whose logs are read. */
export interface ContainerSource {
  container(key: { readonly namespace: string; readonly name: string }, container: string): ContainerWorker | undefined
}

/**
 * The log of one container, line by line as the kubelet serves it. Throws a 400 where there is none yet, in the words of
 * kubernetes/kubernetes pkg/kubelet/kubelet_pods.go: validateContainerLogStatus.
 */
export function readLogs(request: LogRequest, source: ContainerSource, clock: Clock): AsyncIterable<string> {
  const { namespace, pod, container } = request
  const worker = source.container({ namespace, name: pod }, container)
  if (worker === undefined) throw badRequest(`container "${container}" in pod "${pod}" is not available`)
  return printLog(handleFor(worker, request), request, clock)
}

function handleFor(worker: ContainerWorker, { pod, container, previous }: LogRequest): Logging | string {
  const { facts } = worker
  const where = `container "${container}" in pod "${pod}"`
  // While a container waits for its next start, the run that ended is its last state.
  const isBetweenRuns = facts.waiting !== undefined && facts.run?.exit !== undefined
  if (previous === true) {
    const handle = isBetweenRuns ? worker.handle : worker.previousHandle
    const last = isBetweenRuns ? facts.run : facts.lastExit
    if (last === undefined) throw badRequest(`previous terminated ${where} not found`)
    return handle ?? last.id
  }
  if (facts.run !== undefined) return worker.handle ?? facts.run.id
  const reason = facts.waiting?.reason ?? (facts.role === 'init' ? 'PodInitializing' : 'ContainerCreating')
  const why =
    { ErrImagePull: "image can't be pulled", ImagePullBackOff: 'trying and failing to pull image' }[reason] ?? reason
  throw badRequest(`${where} is waiting to start: ${why}`)
}

/** A log line by line, as far as the request wants it. A text stands for a run of which only the name is left. */
export async function* printLog(handle: Logging | string, request: LogRequest, clock: Clock): AsyncGenerator<string> {
  if (typeof handle === 'string') {
    yield `unable to retrieve container logs for ${handle}`
    return
  }
  let bytesLeft = request.limitBytes ?? Number.POSITIVE_INFINITY
  for await (const entry of handle.logs(optionsOf(request, clock.now()))) {
    const text = printEntry(entry, request.timestamps === true)
    const bytes = Buffer.byteLength(text)
    if (bytes >= bytesLeft) {
      yield Buffer.from(text).subarray(0, bytesLeft).toString()
      return
    }
    bytesLeft -= bytes
    yield text
  }
}

function optionsOf({ follow, tail, sinceSeconds, sinceTime, signal }: LogRequest, nowMs: number): LogOptions {
  const sinceMs =
    sinceSeconds === undefined
      ? sinceTime === undefined
        ? undefined
        : Date.parse(sinceTime)
      : nowMs - sinceSeconds * 1_000
  return {
    follow: follow === true,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(tail === undefined ? {} : { tail }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function printEntry({ timeMs, line }: LogEntry, timestamps: boolean): string {
  return timestamps ? `${new Date(timeMs).toISOString().replace('Z', '000000Z')} ${line}\n` : `${line}\n`
}
