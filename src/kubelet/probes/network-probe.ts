import type { Probe } from '../../api/types.generated.ts'
import type { Cancel, ProbeName, ProbeOutcome, ProbeRequest } from '../runtime.ts'
import { getHttp, portOf, type ProbeDeps } from './http-get.ts'

const SUCCESS: ProbeOutcome = { isSuccess: true, output: '' }

/** Makes a probe over the network, in the words of kubernetes/kubernetes pkg/probe. A command in a container is not run: it succeeds. */
export function probeOverNetwork(
  { name, container, podIp }: ProbeRequest,
  { network, clock }: ProbeDeps,
  done: (outcome: ProbeOutcome) => void,
): Cancel {
  const { httpGet, tcpSocket, grpc, timeoutSeconds = 1 } = probeOf(container, name) ?? {}
  if (httpGet !== undefined) {
    const given = { container, podIp, timeoutMs: timeoutSeconds * 1_000 }
    return getHttp(httpGet, { ...given, network, clock }, (error) =>
      done(error === undefined ? SUCCESS : failure(error)),
    )
  }
  const ip = tcpSocket?.host ?? podIp
  const port = portOf(tcpSocket?.port ?? grpc?.port ?? 0, container)
  const isRefused = (tcpSocket ?? grpc) !== undefined && !network.isListening({ ip, port })
  if (!isRefused) done(SUCCESS)
  else if (tcpSocket !== undefined) done(failure(`dial tcp ${ip}:${port}: connect: connection refused`))
  else done(failure(unconnected(`${ip}:${port}`, timeoutSeconds)))
  return () => undefined
}

export function probeOf(
  container: { readonly startupProbe?: Probe; readonly readinessProbe?: Probe; readonly livenessProbe?: Probe },
  name: ProbeName,
): Probe | undefined {
  if (name === 'startup') return container.startupProbe
  return name === 'readiness' ? container.readinessProbe : container.livenessProbe
}

/** kubernetes/kubernetes pkg/probe/grpc/grpc.go */
export function unconnected(address: string, timeoutSeconds: number): string {
  return `timeout: failed to connect service "${address}" within ${timeoutSeconds}s: context deadline exceeded`
}

export function failure(output: string): ProbeOutcome {
  return { isSuccess: false, output }
}
