import { answerProbe, type Behaviour, type RunPlan } from '../../../api/kinds/dabba/behaviour.ts'
import type { Probe } from '../../../api/types.generated.ts'
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
): { delayMs: number; outcome: ProbeOutcome } {
  const { result, message } = answerProbe(behaviour, plan, { probe: name, elapsedMs })
  const probe = probeOf(container, name) ?? {}
  const changeMs = nextChangeMs(behaviour, plan, { probe: name, elapsedMs })
  const holdsUntilMs = startedAtMs + changeMs
  if (result === 'Success') return { delayMs: 0, outcome: { isSuccess: true, output: '', holdsUntilMs } }
  if (result === 'Failure') {
    return { delayMs: 0, outcome: { isSuccess: false, output: message ?? refusal(probe, podIp), holdsUntilMs } }
  }
  const timeoutSeconds = probe.timeoutSeconds ?? 1
  const output = message ?? timeout(probe, { podIp, timeoutSeconds })
  return { delayMs: timeoutSeconds * 1_000, outcome: { isSuccess: false, output, holdsUntilMs } }
}

export function probeOf(
  container: { readonly startupProbe?: Probe; readonly readinessProbe?: Probe; readonly livenessProbe?: Probe },
  name: ProbeName,
): Probe | undefined {
  if (name === 'startup') return container.startupProbe
  return name === 'readiness' ? container.readinessProbe : container.livenessProbe
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
    return `timeout: failed to connect service "${podIp}:${grpc.port}" within ${timeoutSeconds}s: context deadline exceeded`
  }
  return `command timed out: "${exec?.command?.join(' ') ?? ''}" timed out after ${timeoutSeconds}s`
}
