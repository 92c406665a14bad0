import { messageOf } from '../../base/message-of.ts'
import type { Container, HTTPGetAction } from '../../api/types.generated.ts'
import type { Clock } from '../../world/clock.ts'
import type { Cancel } from '../runtime.ts'
import type { PodNetwork } from '../runtimes/pod-network.ts'

/** kubernetes/kubernetes pkg/probe/http/request.go */
const USER_AGENT = 'kube-probe/1.35'

/** How requests of the kubelet itself are made. */
export interface ProbeDeps {
  readonly network: Pick<PodNetwork, 'request' | 'isListening'>
  readonly clock: Clock
}

/** A GET as a probe or a hook makes it; tells what went wrong, if something did. */
export function getHttp(
  action: HTTPGetAction,
  about: ProbeDeps & { readonly container: Container; readonly podIp: string; readonly timeoutMs: number },
  done: (error: string | undefined) => void,
): Cancel {
  const { network, clock, timeoutMs } = about
  const url = urlOf(action, about)
  const given = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]))
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
    settle(timedOut(url))
  })
  network.request({ method: 'GET', url, headers, signal: ended.signal }, {}).then(
    ({ status }) => settle(statusError(status)),
    (error: unknown) => settle(`Get "${url}": ${messageOf(error)}`),
  )
  return () => {
    isSettled = true
    timer.cancel()
    ended.abort(new Error('the probe was given up'))
  }
}

export function urlOf(
  { scheme = 'HTTP', host, port, path = '/' }: HTTPGetAction,
  { container, podIp }: { readonly container: Container; readonly podIp: string },
): string {
  const address = `${host === undefined || host === '' ? podIp : host}:${portOf(port, container)}`
  return `${scheme.toLowerCase()}://${address}${path.startsWith('/') ? '' : '/'}${path}`
}

/** What an event says of an answer that is no success; undefined where it is one (kubernetes/kubernetes pkg/probe/http/http.go). */
export function statusError(status: number): string | undefined {
  return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`
}

export function timedOut(url: string): string {
  return `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
}

/** A port by its number, or by the name that the container has for it. */
export function portOf(port: number | string, { ports = [] }: Pick<Container, 'ports'>): number {
  return ports.find(({ name }) => name === port)?.containerPort ?? Number(port)
}
