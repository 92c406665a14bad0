import { answerProbe, type Behaviour, type RunPlan } from '../../../api/kinds/dabba/behaviour.ts'
import type { Probe } from '../../../api/types.generated.ts'
import { probeOf, unconnected } from '../../probes/network-probe.ts'
import type { ProbeName, ProbeOutcome, ProbeRequest } from '../../runtime.ts'

export interface Answering {
  readonly behaviour: Behaviour
  readonly plan: RunPlan
  readonly elapsedMs: number
  readonly startedAtMs: number
}

/** How a probe is answered now, after which delay, and until when the answer stays the same. */
export function answer(
  { name, container, podIp }: ProbeRequest,
  { behaviour, plan, elapsedMs, startedAtMs }: Answering,
): { delayMs: number; outcome: ProbeOutcome; isSaid: boolean } {
  const { result, message, isSaid } = answerProbe(behaviour, plan, { probe: name, elapsedMs })
  const probe = probeOf(container, name) ?? {}
  const changeMs = nextChangeMs(behaviour, plan, { probe: name, elapsedMs })
  const holdsUntilMs = startedAtMs + changeMs
  if (result === 'Success') return { delayMs: 0, outcome: { isSuccess: true, output: '', holdsUntilMs }, isSaid }
  if (result === 'Failure') {
    const output = message ?? refusal(probe, podIp)
    return { delayMs: 0, outcome: { isSuccess: false, output, holdsUntilMs }, isSaid }
  }
  const timeoutSeconds = probe.timeoutSeconds ?? 1
  const output = message ?? timeout(probe, { podIp, timeoutSeconds })
  return { delayMs: timeoutSeconds * 1_000, outcome: { isSuccess: false, output, holdsUntilMs }, isSaid }
}

/** Whether a probe asks over the network, and not by a command in the container. */
export function isOverNetwork({ name, container }: ProbeRequest): boolean {
  const { httpGet, tcpSocket, grpc } = probeOf(container, name) ?? {}
  return httpGet !== undefined || tcpSocket !== undefined || grpc !== undefined
}

/** The next time, from the start of the run, at which the answer may differ. */
export function nextChangeMs(
  behaviour: Behaviour,
  plan: RunPlan,
  { probe, elapsedMs }: { probe: ProbeName; elapsedMs: number },
): number {
  const since = { startup: plan.startedMs, readiness: plan.readyMs, liveness: 0 }[probe]
  let next = since > elapsedMs ? since : Number.POSITIVE_INFINITY
  for (const { fromMs, untilMs, repeatMs } of behaviour.probes[probe]) {
    const roundMs = repeatMs === undefined ? 0 : Math.floor(elapsedMs / repeatMs) * repeatMs
    const edges = repeatMs === undefined ? [fromMs, untilMs] : [fromMs, untilMs, repeatMs, repeatMs + fromMs]
    for (const edge of edges) if (roundMs + edge > elapsedMs) next = Math.min(next, roundMs + edge)
  }
  return next
}

/** The words of a probe that was turned down (kubernetes/kubernetes pkg/probe). */
function refusal(probe: Probe, podIp: string): string {
  if (probe.httpGet !== undefined) return 'HTTP probe failed with statuscode: 503'
  if (probe.tcpSocket !== undefined) {
    return `dial tcp ${probe.tcpSocket.host ?? podIp}:${probe.tcpSocket.port}: connect: connection refused`
  }
  if (probe.grpc !== undefined) return 'service unhealthy (responded with "NOT_SERVING")'
  return ''
}

function timeout(probe: Probe, { podIp, timeoutSeconds }: { podIp: string; timeoutSeconds: number }): string {
  const { httpGet, tcpSocket, grpc, exec } = probe
  if (httpGet !== undefined) {
    const scheme = (httpGet.scheme ?? 'HTTP').toLowerCase()
    const url = `${scheme}://${httpGet.host ?? podIp}:${httpGet.port}${httpGet.path ?? '/'}`
    return `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
  }
  if (tcpSocket !== undefined) return `dial tcp ${tcpSocket.host ?? podIp}:${tcpSocket.port}: i/o timeout`
  if (grpc !== undefined) {
    return unconnected(`${podIp}:${grpc.port}`, timeoutSeconds)
  }
  return `command timed out: "${exec?.command?.join(' ') ?? ''}" timed out after ${timeoutSeconds}s`
}
