import type { ApiObject } from '../../../src/api/object.ts'
import type { KeySource } from '../../../src/mesh/authorize/jwt/authenticate.ts'
import type { MeshConfig } from '../../../src/mesh/config/mesh-config.ts'
import type { CheckedEvent, CheckStep } from '../../../src/mesh/exchange/steps.ts'
import { headerRecordOf, headerValue } from '../../../src/mesh/route/header-list.ts'
import { readAsked, writeAnswered } from '../../support/authorization-server.ts'
import type { EchoPod, EchoPort, Payload } from './world/echo-servers.ts'
import { MeshWorld } from './world/mesh-world.ts'

/*
 * The world of Istio's security tests, as the oracles describe it: echo services with sidecars in two namespaces, a gateway
 * at either edge, and two services that decide about requests.
 */

export interface WrittenWorld {
  readonly trustDomain: string
  readonly rootNamespace: string
  readonly namespaces: Readonly<Record<string, readonly string[]>>
  readonly ports: readonly EchoPort[]
  readonly meshConfig: { readonly defaultConfig: { readonly gatewayTopology: { readonly numTrustedProxies: number } } }
}

export interface SecurityCase {
  readonly from: WrittenEnd | 'ingress'
  readonly to: WrittenEnd
  readonly call: WrittenCall
}

interface WrittenEnd {
  readonly service: string
  readonly namespace: string
  readonly address: string
  readonly extraLabels?: Readonly<Record<string, string>>
}

interface WrittenCall {
  readonly scheme: 'http' | 'grpc' | 'tcp'
  readonly servicePort: number
  readonly method?: string
  readonly path?: string
  readonly host?: string
  /** What the client dials, if that is no address of the service. */
  readonly address?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Outcome =
  /** The headers that the application saw, names in lower case. */
  | { readonly kind: 'reached'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'answered'; readonly status: number; readonly grpcStatus?: string }
  | { readonly kind: 'closed' }

const OUTSIDE_ADDRESS = '198.51.100.20'
const EGRESS_ADDRESS = '10.3.0.2'
const GATEWAY_PORT = 80
const PROVIDERS = 'ext-authz'
const PROVIDERS_ADDRESS = '10.3.0.3'
const HTTP_PORT = 8000
const GRPC_PORT = 9000

interface Within {
  readonly world: WrittenWorld
  readonly objects: readonly ApiObject[]
  readonly keys?: KeySource
}

/** What becomes of a call: from proxy to proxy, and where the proxies of both sides decide at once. */
export async function outcomesOf(written: SecurityCase, within: Within): Promise<readonly Outcome[]> {
  return [await outcomeOf(written, within, false), await outcomeOf(written, within, true)]
}

async function outcomeOf({ from, to, call }: SecurityCase, within: Within, fuses: boolean): Promise<Outcome> {
  const { world, objects, keys } = within
  const pods = podsOf(world, to)
  const running = new MeshWorld({
    pods,
    ports: world.ports,
    objects: [...egressGateway(world), ...providersOf(world), ...objects],
    mesh: meshOf(world),
    ...(keys && { guard: { keys } }),
    decide: decided,
    fuses,
  })
  const payload = payloadOf(call)
  if (from === 'ingress') return seenAs(await running.run(running.fromOutside(OUTSIDE_ADDRESS, GATEWAY_PORT, payload)))
  const caller = pods.find(({ address }) => address === from.address)
  if (caller === undefined) throw new Error(`nobody is at ${from.address}`)
  const address = call.address ?? running.resolve(`${to.service}.${to.namespace}.svc.cluster.local`, caller)
  return seenAs(await running.run(running.fromPod(caller, { address, port: call.servicePort }, payload)))
}

type Answer = Awaited<ReturnType<MeshWorld['fromPod']>>

function seenAs(answer: Answer): Outcome {
  if (answer === undefined) return { kind: 'closed' }
  if (answer.seen !== undefined)
    return { kind: 'reached', headers: headerRecordOf(answer.seen.payload.http?.headers ?? []) }
  const grpcStatus = headerValue(answer.headers, 'grpc-status')
  return { kind: 'answered', status: answer.status, ...(grpcStatus !== undefined && { grpcStatus }) }
}

function meshOf({ trustDomain, rootNamespace, meshConfig }: WrittenWorld): Partial<MeshConfig> {
  const service = `${PROVIDERS}.${rootNamespace}.svc.cluster.local`
  const includeRequestHeadersInCheck = ['x-ext-authz']
  return {
    trustDomain,
    rootNamespace,
    topology: { trustedProxies: meshConfig.defaultConfig.gatewayTopology.numTrustedProxies },
    extensionProviders: [
      { name: 'ext-authz-http', envoyExtAuthzHttp: { service, port: HTTP_PORT, includeRequestHeadersInCheck } },
      { name: 'ext-authz-grpc', envoyExtAuthzGrpc: { service, port: GRPC_PORT } },
    ],
    // As upstream's tests install it (tests/integration/security/main_test.go).
    multipleExternalProviders: true,
  }
}

/** What the two check servers of the world say: istio/istio samples/extauthz/cmd/extauthz/main.go. */
function decided({ endpoint, head, body }: CheckStep): CheckedEvent {
  if (endpoint.port === HTTP_PORT) {
    const status = headerValue(head.headers, 'x-ext-authz') === 'allow' ? 200 : 403
    return { kind: 'checked', status, headers: [], body: Buffer.alloc(0), trailers: [] }
  }
  const { http, source } = readAsked(body)
  const isAllowed = http === undefined ? source.principal.endsWith('/sa/a') : http.headers['x-ext-authz'] === 'allow'
  return {
    kind: 'checked',
    status: 200,
    headers: ['content-type', 'application/grpc'],
    body: writeAnswered(isAllowed ? { code: 0, allowed: {} } : { code: 7, denied: { status: 403 } }),
    trailers: ['grpc-status', '0'],
  }
}

/** Addresses are those that the cases name. */
function podsOf({ namespaces }: WrittenWorld, to: WrittenEnd): readonly EchoPod[] {
  return Object.entries(namespaces).flatMap(([namespace, services], network) =>
    services.map((service, host): EchoPod => {
      const address = `10.1.${network + 1}.${host + 1}`
      const extra = address === to.address ? to.extraLabels : {}
      return { service, namespace, address, hasSidecar: true, isHeadless: false, labels: { app: service, ...extra } }
    }),
  )
}

function providersOf({ rootNamespace: namespace }: WrittenWorld): readonly ApiObject[] {
  const ports = [
    { name: 'http', port: HTTP_PORT },
    { name: 'grpc', port: GRPC_PORT },
  ]
  const labels = { 'kubernetes.io/service-name': PROVIDERS }
  return [
    object('Service', { name: PROVIDERS, namespace }, { spec: { clusterIP: '10.96.200.1', ports } }),
    object(
      'EndpointSlice',
      { name: PROVIDERS, namespace, labels },
      { endpoints: [{ addresses: [PROVIDERS_ADDRESS] }], ports },
    ),
  ]
}

function egressGateway({ rootNamespace: namespace }: WrittenWorld): readonly ApiObject[] {
  const name = 'istio-egressgateway'
  const labels = { istio: 'egressgateway', app: name }
  const annotations = { 'inject.istio.io/templates': 'gateway' }
  const ports = [
    { name: 'http2', port: 80, targetPort: 8080 },
    { name: 'https', port: 443, targetPort: 8443 },
  ]
  return [
    object(
      'Pod',
      { name: `${name}-0`, namespace, labels, annotations },
      {
        spec: { serviceAccountName: name, containers: [{ name: 'istio-proxy' }] },
        status: { podIP: EGRESS_ADDRESS, phase: 'Running' },
      },
    ),
    object('Service', { name, namespace }, { spec: { clusterIP: '10.96.200.2', ports } }),
    object(
      'EndpointSlice',
      { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      {
        endpoints: [{ addresses: [EGRESS_ADDRESS] }],
        ports: ports.map((port) => ({ name: port.name, port: port.targetPort })),
      },
    ),
  ]
}

function object(kind: string, metadata: ApiObject['metadata'], rest: object): ApiObject {
  return { apiVersion: 'v1', kind, metadata, ...rest }
}

function payloadOf({ scheme, method = 'GET', path = '/', host = '', headers = {} }: WrittenCall): Payload {
  if (scheme === 'tcp') return { message: 'hello' }
  const isGrpc = scheme === 'grpc'
  const own = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value])
  return {
    http: {
      method,
      scheme: 'http',
      authority: host,
      target: path,
      headers: isGrpc ? ['content-type', 'application/grpc', 'te', 'trailers', ...own] : own,
      version: isGrpc ? 'HTTP/2' : 'HTTP/1.1',
    },
  }
}
