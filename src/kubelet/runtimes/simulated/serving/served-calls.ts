import type { CompiledCall, CompiledPath } from '../../../../api/kinds/dabba/serving.ts'
import { untilAborted } from '../../../../base/abort.ts'
import { messageOf } from '../../../../base/message-of.ts'
import type { ServerRequest } from '../../../../world/answering.ts'
import type { Clock } from '../../../../world/clock.ts'
import type { PodNetwork } from '../../pod-network.ts'
import { answerProblem, callRequest } from './call-request.ts'

/**
 * The headers that an application must carry from what it is asked to what it asks, or traces and requests fall apart
 * (istio.io, distributed tracing overview).
 */
const TRACE_HEADERS: readonly string[] = [
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'x-ot-span-context',
  'x-cloud-trace-context',
  'grpc-trace-bin',
]

export interface CallDeps {
  readonly network: Pick<PodNetwork, 'request'>
  readonly clock: Clock
  readonly origin: { readonly namespace: string; readonly podIp: string }
}

export interface CallsOf {
  readonly path: Pick<CompiledPath, 'callsInParallel' | 'propagated'>
  readonly calls: readonly CompiledCall[]
  readonly request: ServerRequest
  readonly signal: AbortSignal
}

/** Makes the calls of a request. Tells what went wrong with the first that matters, if one did. Rejects when `signal` aborts. */
export async function makeCalls(
  { path, calls, request, signal }: CallsOf,
  deps: CallDeps,
): Promise<string | undefined> {
  const carried = carriedHeaders(request, path.propagated)
  if (path.callsInParallel) {
    const all = await Promise.all(calls.map((call) => makeCall(call, { carried, signal, deps })))
    return all.find((problem) => problem !== undefined)
  }
  for (const call of calls) {
    const problem = await makeCall(call, { carried, signal, deps })
    if (problem !== undefined) return problem
  }
  return undefined
}

async function makeCall(
  call: CompiledCall,
  about: { readonly carried: Readonly<Record<string, string>>; readonly signal: AbortSignal; readonly deps: CallDeps },
): Promise<string | undefined> {
  const { url, timeoutMs, mayFail } = call
  const { carried, signal, deps } = about
  const { network, clock, origin } = deps
  const request = callRequest(call, carried)
  const late = new AbortController()
  const timer = clock.schedule(timeoutMs, () => late.abort(new Error('context deadline exceeded')))
  const given = AbortSignal.any([signal, late.signal])
  try {
    const answer = await network.request({ ...request, signal: given }, origin)
    // A slow body is part of the call.
    await untilAborted(readToEnd(answer.body), given)
    const problem = answerProblem(call, answer)
    return problem === undefined || mayFail ? undefined : `${request.method} ${url}: ${problem}`
  } catch (error) {
    signal.throwIfAborted()
    return mayFail ? undefined : `${request.method} ${url}: ${messageOf(error)}`
  } finally {
    timer.cancel()
  }
}

async function readToEnd(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) void chunk
}

function carriedHeaders({ headers }: ServerRequest, propagated: readonly string[]): Record<string, string> {
  const carried: Record<string, string> = {}
  for (const names of [TRACE_HEADERS, propagated]) {
    for (const name of names) {
      const value = headers[name]
      if (value !== undefined) carried[name] = value
    }
  }
  return carried
}
