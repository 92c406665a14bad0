import { messageOf } from '../../../base/message-of.ts'
import type { Container, HTTPGetAction } from '../../../api/types.generated.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Cancel, ProbeOutcome, ProbeRequest } from '../../runtime.ts'
import { probeOf } from '../simulated/simulated-probe.ts'
import type { PodNetwork } from './program-network.ts'

/** kubernetes/kubernetes pkg/probe/http/request.go */
const USER_AGENT = 'kube-probe/1.35'
const SUCCESS: ProbeOutcome = { isSuccess: true, output: '' }

export interface ProbeDeps {
  readonly network: PodNetwork
  readonly clock: Clock
}

/** Asks the program itself, in the words of kubernetes/kubernetes pkg/probe. A command in a container is not run: it succeeds. */
export function probeProgram(
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
  else {
    const why = `failed to connect service "${ip}:${port}" within ${timeoutSeconds}s: context deadline exceeded`
    done(failure(`timeout: ${why}`))
  }
  return () => undefined
}

/** A GET as a probe or a hook makes it; tells what went wrong, if something did. */
export function getHttp(
  { scheme = 'HTTP', host, port, path = '/', httpHeaders = [] }: HTTPGetAction,
  about: ProbeDeps & { readonly container: Container; readonly podIp: string; readonly timeoutMs: number },
  done: (error: string | undefined) => void,
): Cancel {
  const { network, clock, container, podIp, timeoutMs } = about
  const address = `${host === undefined || host === '' ? podIp : host}:${portOf(port, container)}`
  const url = `${scheme.toLowerCase()}://${address}${path.startsWith('/') ? '' : '/'}${path}`
  const given = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]))
  const headers = { 'User-Agent': USER_AGENT, Accept: '*/*', ...given }
  const ended = new AbortController()
  let isSettled = false
  const settle = (error: string | undefined): void => {
    if (isSettled) return
    isSettled = true
    timer.cancel()
    done(error)
  }
  const timer = clock.schedule(timeoutMs, () => {
    ended.abort(new Error('the probe took too long'))
    settle(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`)
  })
  network.request({ method: 'GET', url, headers, signal: ended.signal }, {}).then(
    ({ status }) => settle(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`),
    (error: unknown) => settle(`Get "${url}": ${messageOf(error)}`),
  )
  return () => {
    isSettled = true
    timer.cancel()
    ended.abort(new Error('the probe was given up'))
  }
}

/** A port by its number, or by the name that the container has for it. */
function portOf(port: number | string, { ports = [] }: Container): number {
  return ports.find(({ name }) => name === port)?.containerPort ?? Number(port)
}

function failure(output: string): ProbeOutcome {
  return { isSuccess: false, output }
}
