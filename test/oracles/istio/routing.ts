import { isDeepStrictEqual } from 'node:util'
import { MESH_OBJECTS_NEED, objectsOf } from './world/documents.ts'
import type { MeshConfig } from '../../../src/mesh/config/mesh-config.ts'
import { headerListOf, headerValue } from '../../../src/mesh/route/header-list.ts'
import { ProxyView } from '../../../src/mesh/proxy/proxy-view.ts'
import { Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import type { EchoPod, EchoPort, HttpPayload, Payload } from './world/echo-servers.ts'
import { MeshWorld } from './world/mesh-world.ts'

/** routing.json: what a client and a backend see. */
export const oracle: Oracle = {
  open(document) {
    const configs = document['configs'] as Readonly<Record<string, string>>
    const world = document['world'] as WrittenWorld
    return async (oracleCase) => {
      const { config, needs = [] } = oracleCase as unknown as { readonly config: readonly string[]; needs?: string[] }
      if (needs.includes('EnvoyFilter')) throw new Mismatch(MESH_OBJECTS_NEED)
      const texts = [world.externalServiceEntry, ...config.map((key) => configs[key] ?? '')]
      const objects = texts.flatMap((text) => objectsOf(text, world.namespace))
      const mesh = meshOf(oracleCase.input['gatewayProxyConfig'] as WrittenProxyConfig | undefined)
      const running = new MeshWorld({ pods: world.services.map(podOf), ports: world.ports, objects, mesh })
      await judge(running, oracleCase)
    }
  },
}

interface WrittenWorld {
  readonly namespace: string
  readonly services: readonly WrittenService[]
  readonly ports: readonly EchoPort[]
  readonly externalServiceEntry: string
}

interface WrittenService {
  readonly name: string
  readonly namespace: string
  readonly kind: string
  readonly podAddress: string
  readonly headless: boolean
}

interface WrittenCall {
  readonly from: string
  readonly address: string
  readonly port?: { readonly number: number }
  readonly scheme: 'http' | 'https' | 'grpc' | 'tcp' | 'dns'
  readonly host?: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly http2?: boolean
  readonly followRedirects?: boolean
  readonly count?: number
  readonly tls?: { readonly sni?: string; readonly alpn?: readonly string[] }
  readonly message?: string
  readonly proxyProtocolVersion?: number
}

interface WrittenProxyConfig {
  readonly gatewayTopology?: { readonly numTrustedProxies?: number }
}

type Answer = Awaited<ReturnType<MeshWorld['fromPod']>>

const STANDARD = new Set(['a', 'b', 'c', 'd'])
const OUTSIDE = '10.9.0.1'
const EXTERNAL_POD = '10.2.1.1'
/** Addresses of further Services before it. */
const EXTERNAL_ADDRESSES = ['10.3.1.10', '10.3.2.10']
const CALLS = 5

function podOf({ name, namespace, kind, podAddress, headless }: WrittenService): EchoPod {
  const labels = { app: name, ...(STANDARD.has(name) && { 'test.istio.io/class': 'standard' }) }
  // Outside of the mesh, what is said is the address of a Service before the pod.
  const isExternal = namespace === 'external'
  const address = isExternal ? EXTERNAL_POD : podAddress
  const hasSidecar = kind.includes('sidecar') && !kind.startsWith('no ')
  const virtualAddresses = isExternal ? [podAddress, ...EXTERNAL_ADDRESSES] : []
  return { service: name, namespace, address, hasSidecar, isHeadless: headless, labels, virtualAddresses }
}

function meshOf(config: WrittenProxyConfig | undefined): Partial<MeshConfig> {
  const { numTrustedProxies } = config?.gatewayTopology ?? {}
  return numTrustedProxies === undefined ? {} : { topology: { trustedProxies: numTrustedProxies } }
}

async function judge(world: MeshWorld, { input, expect }: OracleCase): Promise<void> {
  const call = input['call'] as WrittenCall
  const conditions = expect as unknown as readonly Readonly<Record<string, unknown>>[]
  if (call.scheme === 'dns') return judgeNames(world, call, conditions)
  const answers: Answer[] = []
  for (let index = 0; index < (call.count ?? CALLS); index++) {
    answers.push(await world.run(callOnce(world, call)))
  }
  for (const condition of conditions) {
    for (const [what, expected] of Object.entries(condition)) {
      if (what === 'tolerance') continue
      const problem = judgeOne(what, expected, { answers, condition, call, world })
      if (problem !== undefined) throw new Mismatch(`${what}: want ${JSON.stringify(expected)}, got ${problem}`)
    }
  }
}

async function callOnce(world: MeshWorld, call: WrittenCall): Promise<Answer> {
  const answer = await send(world, call)
  const location = answer === undefined ? undefined : headerValue(answer.headers, 'location')
  if (call.followRedirects !== true || location === undefined) return answer
  const { pathname, search, host } = new URL(location)
  return send(world, { ...call, path: `${pathname}${search}`, host })
}

function send(world: MeshWorld, call: WrittenCall): Promise<Answer> {
  const payload = payloadOf(call)
  const port = call.port?.number ?? 80
  if (call.address === 'ingress') {
    const caller = world.pod(call.from)
    return world.fromOutside(caller?.address ?? OUTSIDE, port, payload)
  }
  const from = world.pod(call.from)
  if (from === undefined) throw new Mismatch(`no workload ${call.from}`)
  return world.fromPod(from, { address: world.resolve(call.address, from), port }, payload)
}

function payloadOf(call: WrittenCall): Payload {
  const { scheme, address, host = address, tls, message, proxyProtocolVersion } = call
  if (scheme === 'tcp') {
    return {
      message: message ?? 'hello',
      ...(proxyProtocolVersion !== undefined && { proxyProtocol: proxyProtocolVersion }),
    }
  }
  const http = httpOf(call)
  if (scheme !== 'https') return { http }
  const alpn = tls?.alpn ?? (tls === undefined ? ['h2', 'http/1.1'].slice(call.http2 === true ? 0 : 1) : [])
  return { inside: { http }, tls: { sni: tls?.sni ?? host.replace(/:\d+$/, ''), alpn } }
}

function httpOf(call: WrittenCall): HttpPayload {
  const { scheme, address, headers = {}, path = '/', http2, method } = call
  const { Host, ...others } = headers
  const isGrpc = scheme === 'grpc'
  return {
    method: isGrpc ? 'POST' : (method ?? 'GET'),
    scheme: scheme === 'https' ? 'https' : 'http',
    authority: Host ?? call.host ?? address,
    target: isGrpc ? '/proto.EchoTestService/Echo' : path.replace(/#.*/, ''),
    headers: [...headerListOf(others), ...(isGrpc ? ['content-type', 'application/grpc'] : [])],
    version: http2 === true || isGrpc ? 'HTTP/2' : 'HTTP/1.1',
  }
}

interface Judged {
  readonly answers: readonly Answer[]
  readonly condition: Readonly<Record<string, unknown>>
  readonly call: WrittenCall
  readonly world: MeshWorld
}

const PROTOCOLS: Readonly<Record<string, string>> = { 'HTTP/2': 'HTTP/2.0' }
const GRPC_NAMES: Readonly<Record<string, string>> = { 14: 'Unavailable' }

/** What was seen where it is not what was expected. */
function judgeOne(what: string, expected: unknown, judged: Judged): string | undefined {
  const { answers, condition } = judged
  const backends = answers.map((answer) => answer?.seen?.pod.service ?? '')
  switch (what) {
    case 'distribution':
      return judgeShares(backends, expected as Readonly<Record<string, number>>, Number(condition['tolerance']))
    case 'distinctBackends':
      return new Set(backends).size === expected ? undefined : backends.join()
    case 'minDistinctBackends':
      return new Set(backends).size >= Number(expected) ? undefined : backends.join()
    case 'upstreamKeepalive':
      return judgeKeepalive(judged, expected as { cluster: string; intervalSeconds: number; timeoutSeconds: number })
    default:
      return answers.map((answer) => judgeAnswer(what, expected, answer)).find((problem) => problem !== undefined)
  }
}

function judgeAnswer(what: string, expected: unknown, answer: Answer): string | undefined {
  const http = answer?.seen?.payload.http
  const seen = http?.headers ?? []
  switch (what) {
    case 'error':
      return (answer === undefined) === expected ? undefined : `status ${answer?.status}`
    case 'status':
      return answer?.status === expected ? undefined : `status ${answer?.status} ${answer?.body ?? ''}`
    case 'grpcStatus': {
      const code = headerValue(answer?.headers ?? [], 'grpc-status') ?? '0'
      return GRPC_NAMES[code] === expected ? undefined : code
    }
    case 'backendSawHost':
      return http?.authority === expected ? undefined : http?.authority
    case 'backendSawUrl':
      return http?.target === expected ? undefined : http?.target
    case 'backendSawProtocol':
      return (PROTOCOLS[http?.version ?? ''] ?? http?.version) === expected ? undefined : http?.version
    case 'backendSawAlpn':
      return answer?.seen?.alpn === expected ? undefined : answer?.seen?.alpn
    case 'backendSawProxyProtocol':
      return answer?.seen?.payload.proxyProtocol === expected ? undefined : 'none'
    case 'mtls':
      // Only HTTP tells it.
      if (http === undefined || answer?.seen?.isTls === true) return undefined
      return (headerValue(seen, 'x-forwarded-client-cert') !== undefined) === expected ? undefined : seen.join(' ')
    case 'backendSawHeaders':
      return judgeHeaders(seen, expected as Readonly<Record<string, string>>)
    case 'clientSawHeaders':
      return judgeHeaders(answer?.headers ?? [], expected as Readonly<Record<string, string>>)
    case 'rawBodyContains':
      return rawTextOf(answer).includes(String(expected)) ? undefined : rawTextOf(answer)
    case 'rawBodyLacks':
      return rawTextOf(answer).includes(String(expected)) ? rawTextOf(answer) : undefined
    case 'backendSawForwardedFor': {
      const { count, at } = expected as { count: number; at: Readonly<Record<string, string>> }
      const list = (headerValue(seen, 'x-forwarded-for') ?? '').split(',').map((part) => part.trim())
      const fits =
        list.length === count && Object.entries(at).every(([index, address]) => list[Number(index)] === address)
      return fits ? undefined : list.join()
    }
    default:
      return `no way to judge ${what}`
  }
}

/** What is on the wire when the answer is not the application's own bytes. */
function rawTextOf(answer: Answer): string {
  if (answer === undefined) return ''
  return answer.status === 426 ? 'HTTP/1.1 426 Upgrade Required' : answer.body
}

function judgeHeaders(headers: readonly string[], expected: Readonly<Record<string, string>>): string | undefined {
  const wrong = Object.entries(expected).find(
    ([name, value]) => (headerValue(headers, name.toLowerCase()) ?? '') !== value,
  )
  return wrong === undefined ? undefined : `${wrong[0]}: ${headerValue(headers, wrong[0].toLowerCase()) ?? ''}`
}

function judgeShares(
  backends: readonly string[],
  expected: Readonly<Record<string, number>>,
  tolerance: number,
): string | undefined {
  const counted = Object.keys(expected).map((name) => backends.filter((backend) => backend === name).length)
  const isNear = Object.values(expected).every((count, index) => Math.abs(count - (counted[index] ?? 0)) <= tolerance)
  return isNear ? undefined : counted.join()
}

function judgeKeepalive(
  { world, call }: Judged,
  expected: { readonly cluster: string; readonly intervalSeconds: number; readonly timeoutSeconds: number },
): string | undefined {
  const keepalive = world.keepaliveOf(call.from, expected.cluster)
  const wanted = { intervalMs: expected.intervalSeconds * 1_000, timeoutMs: expected.timeoutSeconds * 1_000 }
  return isDeepStrictEqual(keepalive, wanted) ? undefined : JSON.stringify(keepalive)
}

/** A sidecar answers for the names that it knows; a server of one's own on this host is not asked past it. */
function judgeNames(
  world: MeshWorld,
  { address, from }: WrittenCall,
  conditions: readonly Readonly<Record<string, unknown>>[],
): void {
  const [name = '', ...parameters] = address.split(/[?&]/)
  const pod = world.pod(from)
  const hasOwnServer = parameters.some((parameter) => parameter.startsWith('server=127.'))
  const workload = pod === undefined ? undefined : world.snapshot.workloads.byAddress.get(pod.address)
  const view = workload && new ProxyView(world.snapshot, workload)
  const answers = hasOwnServer ? [] : (view?.service(name)?.addresses ?? [])
  for (const condition of conditions) {
    if (condition['error'] === true && answers.length > 0) throw new Mismatch(`error: ${answers.join()}`)
    const { dnsAnswers } = condition as { readonly dnsAnswers?: readonly string[] }
    const expected = dnsAnswers?.map((text) => world.addressMeant(text))
    if (expected !== undefined && !isDeepStrictEqual(expected.toSorted(), answers.toSorted())) {
      throw new Mismatch(`dnsAnswers: want ${expected.join()}, got ${answers.join()}`)
    }
  }
}
