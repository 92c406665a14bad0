import { drawLatency, latencyMax } from '../../../../api/kinds/dabba/latency.ts'
import { pathFor, type Serving } from '../../../../api/kinds/dabba/serving.ts'
import type { HTTPGetAction } from '../../../../api/types.generated.ts'
import { portOf, statusError, timedOut, urlOf } from '../../../probes/http-get.ts'
import { failure, probeOf, probeOverNetwork, unconnected } from '../../../probes/network-probe.ts'
import type { Cancel, ProbeOutcome, ProbeRequest } from '../../../runtime.ts'
import type { Clock } from '../../../../world/clock.ts'
import type { PodNetwork } from '../../pod-network.ts'
import type { SimulatedServer } from './simulated-server.ts'

export interface ServedProbeDeps {
  readonly clock: Clock
  readonly network: PodNetwork
  readonly serving: Serving
  readonly server: SimulatedServer
  /** Until when the container would be probed as it is now. */
  readonly holdsUntilMs: number
  draw(): number
}

/**
 * A probe over the network of a container that says what it serves. Where its own server can give one answer only, and in
 * time, that answer is known without asking, and holds: ten thousand pods with such probes cost nothing. All else is asked.
 */
export function probeServed(
  request: ProbeRequest,
  deps: ServedProbeDeps,
  done: (outcome: ProbeOutcome) => void,
): Cancel {
  const { container, podIp, name } = request
  const { server, clock } = deps
  const { httpGet, grpc, timeoutSeconds = 1 } = probeOf(container, name) ?? {}
  const known = httpGet === undefined ? undefined : knownStatus(httpGet, { request, deps, timeoutSeconds })
  if (known !== undefined && httpGet !== undefined) {
    const { holdsUntilMs } = deps
    const problem = known.isInTime ? statusError(known.status) : timedOut(urlOf(httpGet, { container, podIp }))
    const outcome = { isSuccess: problem === undefined, output: problem ?? '', holdsUntilMs }
    if (known.delayMs <= 0) {
      done(outcome)
      return () => undefined
    }
    const timer = clock.schedule(known.delayMs, () => done(outcome))
    return () => timer.cancel()
  }
  if (grpc !== undefined && server.protocolAt(grpc.port) !== undefined && server.protocolAt(grpc.port) !== 'GRPC') {
    done(failure(unconnected(`${podIp}:${grpc.port}`, timeoutSeconds)))
    return () => undefined
  }
  return probeOverNetwork(request, deps, done)
}

/** What is always answered to a GET, and how long this one takes; undefined where that has to be seen. */
function knownStatus(
  { host = '', port, path = '/', scheme = 'HTTP' }: HTTPGetAction,
  about: { readonly request: ProbeRequest; readonly deps: ServedProbeDeps; readonly timeoutSeconds: number },
): { readonly status: number; readonly delayMs: number; readonly isInTime: boolean } | undefined {
  const { request, deps, timeoutSeconds } = about
  const { serving, server, draw } = deps
  const number = portOf(port, request.container)
  const isOwn = (host === '' || host === request.podIp) && scheme === 'HTTP' && server.protocolAt(number) === 'HTTP'
  if (!isOwn || Number.isFinite(serving.concurrency)) return undefined
  const [target = ''] = path.split('?')
  const found = pathFor(serving, { method: 'GET', path: target.startsWith('/') ? target : `/${target}` })
  if ('allowed' in found) return { status: found.allowed.length === 0 ? 404 : 405, delayMs: 0, isInTime: true }
  if (found.errors.length > 0 || found.calls.length > 0) return undefined
  const timeoutMs = timeoutSeconds * 1_000
  if (latencyMax(found.latency) < timeoutMs) {
    return { status: found.status, delayMs: Math.round(drawLatency(found.latency, draw)), isInTime: true }
  }
  if (found.latency.kind !== 'fixed') return undefined
  return { status: found.status, delayMs: timeoutMs, isInTime: false }
}
