import type { ApiObject } from '../../../src/api/object.ts'
import { DEFAULT_MESH, type MeshConfig } from '../../../src/mesh/config/mesh-config.ts'
import type { OutboundMode } from '../../../src/mesh/config/types/sidecar.ts'
import { type Call, type Path, pathOf } from '../../../src/mesh/proxy/call.ts'
import { type Proxy, ProxyView } from '../../../src/mesh/proxy/proxy-view.ts'
import { sidecarVirtualHost } from '../../../src/mesh/proxy/sidecar-hosts.ts'
import { compile } from '../../../src/mesh/snapshot.ts'
import { parseAllDocuments } from 'yaml'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** simulation/*.json: which listener, virtual host, route and cluster a call reaches, and tables of routes. */
export const oracle: Oracle = {
  cases(document) {
    const tables = (document['routeTables'] ?? []) as readonly OracleCase[]
    // HTTPRoutes are of the Gateway API, which is not a part of this mesh.
    return [...document.cases, ...tables.filter(({ id }) => !id.includes('/httproute/'))]
  },
  open(document) {
    const configs = document['configs'] as Record<string, WrittenConfig>
    return ({ input, expect, ...rest }) => {
      const { config } = rest as unknown as { readonly config: readonly string[] }
      const features = input['features'] as WrittenFeatures | undefined
      const view = viewOf(configs, config, { proxy: input['proxy'] as WrittenProxy, features })
      if ('routeName' in input) return expectTable(view, Number(input['routeName']), expect)
      expectPath(pathOf(view, callOf(input['callWithDefaults'] as WrittenCall)), expect)
    }
  },
}

interface WrittenConfig {
  readonly istio?: string
  readonly kubernetes?: string
  readonly mixed?: string
  readonly meshConfig?: { readonly outboundTrafficPolicy?: { readonly mode: OutboundMode } }
}

interface WrittenCall {
  readonly address: string
  readonly port: number
  readonly path: string
  readonly host?: string
  readonly protocol?: 'http' | 'http2' | 'tcp'
  readonly tls: Call['tls']
  readonly sni?: string
  readonly alpn?: string
  readonly mode?: 'inbound'
  readonly mtlsSecretName?: string
}

interface WrittenProxy {
  readonly type: Proxy['type']
  readonly namespace: string
  readonly labels: Record<string, string>
  readonly addresses: readonly string[]
  readonly metadataNamespace?: string
  readonly dnsCapture?: boolean
  readonly dnsAutoAllocate?: boolean
}

interface WrittenFeatures {
  readonly EnableIPAutoallocate?: boolean
}

function viewOf(
  configs: Record<string, WrittenConfig>,
  config: readonly string[],
  { proxy, features }: { readonly proxy: WrittenProxy; readonly features: WrittenFeatures | undefined },
): ProxyView {
  const written = config.map((key) => configs[key] ?? {})
  const objects = written.flatMap(({ istio = '', kubernetes = '', mixed = '' }) =>
    [istio, kubernetes, mixed].flatMap(objectsOf),
  )
  const mode = written.map(({ meshConfig }) => meshConfig?.outboundTrafficPolicy?.mode).find(Boolean)
  // Documents of Istio's own fixture know no domain.
  const { domain: _, ...withoutDomain } = DEFAULT_MESH
  const ipAutoallocate = features?.EnableIPAutoallocate ?? true
  const mesh: MeshConfig = { ...withoutDomain, outboundMode: mode ?? 'ALLOW_ANY', ipAutoallocate }
  const { metadataNamespace, ...own } = proxy
  const podNamespace = metadataNamespace === undefined ? {} : { podNamespace: metadataNamespace }
  return new ProxyView(compile(objects, mesh), { ...own, ...podNamespace })
}

function objectsOf(text: string): readonly ApiObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      const object = value as ApiObject
      return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? 'default' } }
    })
}

const SNIFFED: Readonly<Record<string, string>> = { http: 'http/1.1', http2: 'h2c' }

function callOf(written: WrittenCall): Call {
  const { address, port, path, host = '', protocol = 'tcp', tls, sni, alpn, mode } = written
  const isHttp = protocol !== 'tcp'
  const seen = tls === 'plaintext' ? SNIFFED[protocol] : alpn
  return {
    address,
    port,
    tls,
    direction: mode ?? 'outbound',
    ...(sni !== undefined && { sni }),
    ...(seen !== undefined && { alpn: seen }),
    ...(isHttp && { request: { method: 'GET', scheme: 'http', authority: host, path } }),
  }
}

function expectPath(path: Path, expect: OracleCase['expect']): void {
  const cluster = path.tcpTargets?.[0]?.cluster ?? path.route?.targets[0]?.cluster
  const actual: Record<string, string | null | undefined> = {
    listener: path.listener,
    filterChain: path.filterChain,
    routeConfig: path.routeConfig,
    virtualHost: path.virtualHost?.name,
    route: path.route?.name,
    cluster,
    error: path.error ?? null,
  }
  const problems: string[] = []
  for (const [field, expected] of Object.entries(expect)) {
    if (field !== 'strictMatch' && actual[field] !== expected) problems.push(field)
  }
  if (problems.length > 0)
    throw new Mismatch(`${problems.join()}: ${JSON.stringify(actual)}, want ${JSON.stringify(expect)}`)
}

/** Hosts are looked up by what is called: a wildcard stands for a name that nothing else covers. */
function expectTable(view: ProxyView, port: number, expect: OracleCase['expect']): void {
  for (const [domain, expected] of Object.entries(expect['virtualHosts'] as Record<string, string[] | null>)) {
    const virtualHost = sidecarVirtualHost(view, port, domain.replace('*', 'nobody'))
    const own = virtualHost?.domain === domain ? virtualHost : undefined
    expectSame(domain, own?.routes.map(({ targets }) => targets[0]?.cluster) ?? null, expected)
  }
}
