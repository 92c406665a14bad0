import { headerValue } from '../../../src/mesh/route/header-list.ts'
import { expectSame, type Oracle } from '../oracle.ts'
import { objectsOf } from './world/documents.ts'
import type { EchoPod, EchoPort, Payload } from './world/echo-servers.ts'
import { MeshWorld } from './world/mesh-world.ts'

/** mtls-reachability.json: whether a call succeeds under PeerAuthentication and DestinationRule, and whether by mutual TLS. */
export const oracle: Oracle = {
  open(document) {
    const configs = document['configs'] as Readonly<Record<string, string>>
    const world = document['world'] as { readonly namespace: string; readonly ports: readonly EchoPort[] }
    return async (oracleCase) => {
      const { config } = oracleCase as unknown as { readonly config: readonly string[] }
      const objects = config.flatMap((key) => objectsOf(configs[key] ?? '', world.namespace))
      const ports = world.ports.map((port) => ({ ...port, serverTLS: port.protocol === 'HTTPS' }))
      const running = new MeshWorld({ pods: PODS, ports: [...ports, ...WORKLOAD_ONLY], objects })
      const { from, to, call } = oracleCase.input as unknown as WrittenInput
      const caller = running.pod(from)
      if (caller === undefined) throw new Error(`no workload ${from}`)
      const target = running.pod(to)
      const headless = target?.isHeadless === true
      const number = call.servicePort === undefined || headless ? call.workloadPort : call.servicePort
      const address = call.address ?? running.resolve(`${to}.${world.namespace}.svc.cluster.local`, caller)
      const answer = await running.run(running.fromPod(caller, { address, port: number }, payloadOf(call, to)))
      const isGrpcError = (headerValue(answer?.headers ?? [], 'grpc-status') ?? '0') !== '0'
      expectSame('success', answer?.status === 200 && !isGrpcError, oracleCase.expect['success'])
      if (oracleCase.expect['mtls'] === undefined) return
      const seen = answer?.seen?.payload.http?.headers ?? []
      expectSame('mtls', headerValue(seen, 'x-forwarded-client-cert') !== undefined, oracleCase.expect['mtls'])
    }
  },
}

interface WrittenInput {
  readonly from: string
  readonly to: string
  readonly call: WrittenCall
}

interface WrittenCall {
  readonly scheme: 'http' | 'ws' | 'https' | 'grpc' | 'tcp'
  readonly servicePort?: number
  readonly workloadPort: number
  readonly address?: string
  readonly path?: string
}

const PODS: readonly EchoPod[] = [
  podOf('a', '10.1.1.1', { hasSidecar: true }),
  podOf('b', '10.1.1.2', { hasSidecar: true }),
  podOf('naked', '10.1.1.3', { hasSidecar: false }),
  podOf('headless', '10.1.1.4', { hasSidecar: true, isHeadless: true }),
  podOf('migration', '10.1.1.5', { hasSidecar: true, version: 'vistio' }),
  podOf('migration', '10.1.1.6', { hasSidecar: false, version: 'vlegacy' }),
]

/** Ports that no Service has. */
const WORKLOAD_ONLY: readonly EchoPort[] = [
  { name: 'tcp-wl-only', servicePort: -1, workloadPort: 19092 },
  { name: 'http-wl-only', servicePort: -1, workloadPort: 18083 },
]

function podOf(
  service: string,
  address: string,
  {
    hasSidecar,
    isHeadless = false,
    version,
  }: { readonly hasSidecar: boolean; readonly isHeadless?: boolean; readonly version?: string },
): EchoPod {
  const labels = { app: service, ...(version !== undefined && { version }) }
  return { service, namespace: 'echo1', address, hasSidecar, isHeadless, labels }
}

function payloadOf({ scheme, path = '/' }: WrittenCall, to: string): Payload {
  if (scheme === 'tcp') return { message: 'hello' }
  const host = `${to}.echo1.svc.cluster.local`
  const isGrpc = scheme === 'grpc'
  const upgrade = scheme === 'ws' ? ['upgrade', 'websocket'] : []
  const http = {
    method: isGrpc ? 'POST' : 'GET',
    scheme: scheme === 'https' ? 'https' : 'http',
    authority: host,
    target: path,
    headers: isGrpc ? ['content-type', 'application/grpc'] : upgrade,
    version: isGrpc ? ('HTTP/2' as const) : ('HTTP/1.1' as const),
  }
  return scheme === 'https' ? { inside: { http }, tls: { sni: host, alpn: ['http/1.1'] } } : { http }
}
