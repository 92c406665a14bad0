import { latencyMax } from '../../../../api/kinds/dabba/latency.ts'
import { type CompiledPath, pathFor, type Serving } from '../../../../api/kinds/dabba/serving.ts'
import type { HTTPGetAction } from '../../../../api/types.generated.ts'
import { BrokenConnection } from '../../../../world/answering.ts'
import type { Clock } from '../../../../world/clock.ts'
import { portOf, statusError, timedOut, urlOf } from '../../../probes/http-get.ts'
import { failure, probeOf, probeOverNetwork, unconnected } from '../../../probes/network-probe.ts'
import type { Cancel, ProbeOutcome, ProbeRequest } from '../../../runtime.ts'
import type { PodNetwork } from '../../pod-network.ts'
import type { SimulatedServer } from './simulated-server.ts'

export interface ServedProbeDeps {
  readonly clock: Clock
  readonly network: PodNetwork
  readonly serving: Serving
  readonly server: SimulatedServer
  /** Until when the container would be probed as it is now. */
  readonly holdsUntilMs: number
}

/**
 * A probe over the network of a container that says what it serves. Its own server is asked for the status alone; where it
 * can give one answer only, and in time, that holds, and it is not asked again. All else goes over the network.
 */
export function probeServed(
  request: ProbeRequest,
  deps: ServedProbeDeps,
  done: (outcome: ProbeOutcome) => void,
): Cancel {
  const { container, podIp, name } = request
  const { httpGet, grpc, timeoutSeconds = 1 } = probeOf(container, name) ?? {}
  const asked = httpGet === undefined ? undefined : askOwn(httpGet, { request, deps, timeoutSeconds, done })
  if (asked !== undefined) return asked
  const spoken = grpc === undefined ? undefined : deps.server.protocolAt(grpc.port)
  if (grpc !== undefined && spoken !== undefined && spoken !== 'GRPC') {
    done(failure(unconnected(`${podIp}:${grpc.port}`, timeoutSeconds)))
    return () => undefined
  }
  return probeOverNetwork(request, deps, done)
}

interface OwnProbe {
  readonly request: ProbeRequest
  readonly deps: ServedProbeDeps
  readonly timeoutSeconds: number
  done(outcome: ProbeOutcome): void
}

/** Undefined where it is not the container itself that is asked, or where only the network can tell. */
function askOwn(action: HTTPGetAction, { request, deps, timeoutSeconds, done }: OwnProbe): Cancel | undefined {
  const { host = '', port, path = '/', scheme = 'HTTP' } = action
  const { serving, server, holdsUntilMs } = deps
  const number = portOf(port, request.container)
  const isOwn = (host === '' || host === request.podIp) && server.protocolAt(number) === scheme
  if (!isOwn) return undefined
  const [target = ''] = path.split('?')
  const found = pathFor(serving, { method: 'GET', path: target.startsWith('/') ? target : `/${target}` })
  if ('allowed' in found) {
    done({ ...outcomeOf(found.allowed.length === 0 ? 404 : 405), holdsUntilMs })
    return () => undefined
  }
  const timeoutMs = timeoutSeconds * 1_000
  const holds = isConstant(found, serving, timeoutMs) ? { holdsUntilMs } : {}
  return server.probe(found, timeoutMs, (answer) => {
    const url = urlOf(action, request)
    if (typeof answer === 'number') done({ ...outcomeOf(answer), ...holds })
    else if (answer === 'Late') done({ ...failure(timedOut(url)), ...holds })
    else done(failure(`Get "${url}": ${broken(answer, `${request.podIp}:${number}`)}`))
  })
}

/** In the words that the network has for it. */
function broken(fault: 'Reset' | 'Garbage', address: string): string {
  const { message } = new BrokenConnection(fault === 'Reset' ? 'reset' : 'garbage')
  if (fault === 'Reset') return `read tcp 127.0.0.1->${address}: read: ${message}`
  return `net/http: HTTP/1.x transport connection broken: ${message}`
}

/** Whether every probe has the same outcome. */
function isConstant({ errors, latency }: CompiledPath, { concurrency }: Serving, timeoutMs: number): boolean {
  if (errors.length > 0 || Number.isFinite(concurrency)) return false
  return latency.kind === 'fixed' || latencyMax(latency) < timeoutMs
}

function outcomeOf(status: number): ProbeOutcome {
  const problem = statusError(status)
  return { isSuccess: problem === undefined, output: problem ?? '' }
}
