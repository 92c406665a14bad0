import { MESH_GATEWAY } from '../../mesh/config/names.ts'
import type { Call } from '../../mesh/proxy/call.ts'
import { openServers } from '../../mesh/proxy/gateway-servers.ts'
import type { ProxyView } from '../../mesh/proxy/proxy-view.ts'
import type { RouteContext } from '../../mesh/route/request-match.ts'
import { type AskedRequest, callOf } from './asked-request.ts'
import { type CallerIdentity, identityOf } from './callers.ts'
import { type MeshModel, viewOf } from './mesh-model.ts'
import { gatewayNamed, gatewayTitle, sidecarOf, workloadNamed } from './parties.ts'
import { addressOf } from './service-address.ts'
import type { MeshWorkload } from './workloads.ts'

/** Where a call comes from: the proxy that sees it first, and who made it. */
export interface Start {
  /** False where no proxy of the mesh sees the call before it is there. */
  readonly hasProxy: boolean
  readonly view: ProxyView
  readonly call: Call
  readonly context: RouteContext
  readonly title: string
  readonly caller: CallerIdentity
  /** The gateway, whose own policies are asked about who is outside. */
  readonly gatekeeper?: MeshWorkload
}

/** `from` is a workload, or `ingress`, with `:GATEWAY` where there are several. */
export function startOf(model: MeshModel, from: string, asked: AskedRequest): Start {
  const [word = '', ...gateway] = from.split(':')
  if (word === 'ingress') return atGateway(model, gateway.join(':') || undefined, asked)
  const { workload, isAssumed } = workloadNamed(model, from)
  const view = viewOf(model, sidecarOf(workload))
  const address = addressOf(view, asked.host)
  const { labels, namespace, name } = workload
  const context = { port: asked.port, gateways: new Set([MESH_GATEWAY]), labels, namespace }
  const call = callOf(asked, { address, port: asked.port, opensTls: false })
  const title = `${name}.${namespace}${isAssumed ? ' (assumed)' : ''}`
  return { hasProxy: workload.hasSidecar, view, call, context, title, caller: identityOf(workload, title) }
}

function atGateway(model: MeshModel, name: string | undefined, asked: AskedRequest): Start {
  const party = gatewayNamed(model, name, asked)
  const { proxy, gateway, listenPort } = party
  const view = viewOf(model, proxy)
  const [server] = openServers(view, listenPort)
  const opensTls = server?.kind !== 'passthrough'
  const key = `${gateway.metadata.namespace ?? 'default'}/${gateway.metadata.name}`
  const port = server?.server.port.number ?? asked.port
  const context = { port, gateways: new Set([key]), labels: proxy.labels, namespace: proxy.namespace }
  const address = proxy.addresses[0] ?? ''
  const title = gatewayTitle(party)
  const call = callOf(asked, { address, port: listenPort, opensTls })
  const gatekeeper = party.workload
  return { hasProxy: true, view, call, context, title, caller: identityOf(gatekeeper, title), gatekeeper }
}
