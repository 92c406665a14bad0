import { badRequest } from './api/errors.ts'
import { Pod } from './api/kinds/core/pod.ts'
import type { LogRequest, LogSource } from './apiserver/subresources/log.ts'
import type { Informers } from './client/informers.ts'
import { type ContainerSource, printLog, readLogs } from './kubelet/logs.ts'
import { PROXY_CONTAINER } from './mesh/registry/pod-workload.ts'
import type { ProxyLogs } from './mesh/telemetry/access-log/proxy-logs.ts'
import type { Clock } from './world/clock.ts'

export interface PodLogsParts {
  readonly informers: Informers
  readonly kubelets: ContainerSource
  readonly proxies: ProxyLogs
  readonly clock: Clock
}

/**
 * Logs of pods: of their containers, and of the proxies that stand beside them and would be containers elsewhere. The parts
 * are asked for when a log is read: they are made after the API server.
 */
export function podLogs(parts: () => PodLogsParts): LogSource {
  return {
    isBeside: (pod, container) => parts().proxies.isBeside(pod, container),
    read(request) {
      const { informers, kubelets, proxies, clock } = parts()
      const pod = informers.of(Pod).get({ namespace: request.namespace, name: request.pod })
      if (pod === undefined || !proxies.isBeside(pod, request.container)) return readLogs(request, kubelets, clock)
      return printLog({ logs: (options) => proxyLines(proxies, pod, request).read(options) }, request, clock)
    },
  }
}

/** A pod with the proxy beside it as the container that it would be elsewhere: for who looks for logs. */
export function withProxyContainer(pod: Pod, proxies: ProxyLogs): Pod {
  if (!proxies.isBeside(pod, PROXY_CONTAINER)) return pod
  const proxy = { name: PROXY_CONTAINER, image: 'auto', restartPolicy: 'Always' }
  return { ...pod, spec: { ...pod.spec, initContainers: [...(pod.spec.initContainers ?? []), proxy] } }
}

/** As of a container that starts with the pod and never ends before it. */
function proxyLines(proxies: ProxyLogs, pod: Pod, { container, previous }: LogRequest) {
  const where = `container "${container}" in pod "${pod.metadata.name}"`
  if (previous) throw badRequest(`previous terminated ${where} not found`)
  const lines = pod.status?.podIP === undefined ? undefined : proxies.of(pod, container)
  if (lines === undefined) throw badRequest(`${where} is waiting to start: PodInitializing`)
  return lines
}
