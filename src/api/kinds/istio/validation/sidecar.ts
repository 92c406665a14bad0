import { ipAddressProblem, splitHostPort, UNIX_PREFIX, unixAddressProblem } from './addresses.ts'
import type { Annotated } from './annotations.ts'
import { type ConnectionPool, validateConnectionPool } from './connection-pool.ts'
import { type Destination, validateDestination } from './destination.ts'
import { domainProblem, validateNamespacedHost } from './domain-names.ts'
import { goQuote } from '../../../../base/go-quote.ts'
import { numberProblem, portProblem, readInteger } from './numbers.ts'
import { countOf, error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'
import { isHttp, isTls, protocolProblem } from './protocols.ts'
import { validateWorkloadSelector, type WorkloadSelector } from './selectors.ts'
import { modeOf, type ServerTls, validateServerTls } from './server-tls.ts'
import { portNameProblem } from './workload-entry.ts'

export interface Sidecar {
  readonly workloadSelector?: Maybe<WorkloadSelector>
  readonly ingress?: Maybe<readonly Maybe<IngressListener>[]>
  readonly egress?: Maybe<readonly Maybe<EgressListener>[]>
  readonly inboundConnectionPool?: Maybe<ConnectionPool>
  readonly outboundTrafficPolicy?: Maybe<OutboundTrafficPolicy>
}

interface IngressListener {
  readonly port?: Maybe<ListenerPort>
  readonly bind?: string
  readonly defaultEndpoint?: string
  readonly tls?: Maybe<ServerTls>
  readonly connectionPool?: Maybe<ConnectionPool>
}

interface EgressListener {
  readonly port?: Maybe<ListenerPort>
  readonly bind?: string
  readonly captureMode?: string
  readonly hosts?: Maybe<readonly string[]>
}

interface ListenerPort {
  readonly number?: number
  readonly protocol?: string
  readonly name?: string
  readonly targetPort?: number
}

interface OutboundTrafficPolicy {
  readonly mode?: string
  readonly egressProxy?: Maybe<Destination>
}

export function* validateSidecar(sidecar: Sidecar, { namespace }: Annotated): Generator<Problem> {
  const { ingress, egress, outboundTrafficPolicy, inboundConnectionPool } = sidecar
  const selector = [...validateWorkloadSelector(sidecar.workloadSelector, 'sidecar')]
  if (selector.some(({ severity }) => severity === 'error')) {
    yield* selector
    return
  }
  if (countOf(ingress) + countOf(egress) === 0 && !isGiven(outboundTrafficPolicy) && !isGiven(inboundConnectionPool)) {
    yield error('sidecar: empty configuration provided')
    return
  }
  yield* selector
  yield* validateIngress(ingress ?? [])
  yield* validateConnectionPool(inboundConnectionPool)
  yield* validateEgress(egress ?? [], namespace)
  if (isGiven(outboundTrafficPolicy)) yield* validateOutboundPolicy(outboundTrafficPolicy)
}

const TARGET_PORT = 'targetPort has no impact on Sidecars'
const PORTS_TAKEN = 'sidecar: ports on IP bound listeners must be unique'

function* validateIngress(listeners: readonly Maybe<IngressListener>[]): Generator<Problem> {
  const taken = new Set<number>()
  for (const listener of listeners) {
    if (!isGiven(listener)) yield error('sidecar: ingress may not be null')
    else if (!isGiven(listener.port)) yield error('sidecar: port is required for ingress listeners')
    else yield* validateIngressListener(listener, listener.port, taken)
  }
}

function* validateIngressListener(
  { bind = '', defaultEndpoint = '', tls, connectionPool }: IngressListener,
  port: ListenerPort,
  taken: Set<number>,
): Generator<Problem> {
  const { number = 0, name = '', protocol = '', targetPort = 0 } = port
  if (targetPort > 0) yield error(TARGET_PORT)
  if (name !== '') yield* errorOf(portNameProblem(name))
  yield* errorOf(protocolProblem(protocol))
  yield* errorOf(portProblem(number))
  if (bind !== '') yield* errorOf(ipAddressProblem(bind))
  if (taken.has(number)) yield error(PORTS_TAKEN)
  taken.add(number)
  if (defaultEndpoint !== '') yield* validateDefaultEndpoint(defaultEndpoint)
  if (isGiven(tls)) yield* validateIngressTls(tls, protocol)
  yield* validateConnectionPool(connectionPool)
  if (isGiven(connectionPool?.http) && !isHttp(protocol)) {
    const settings = `HTTP connection pool settings are configured for port ${number} (${goQuote(name)})`
    yield warning(`sidecar: ${settings} but its protocol is not HTTP (${protocol}); only TCP settings will apply`)
  }
}

const LOCAL_HOSTS: readonly string[] = ['', '127.0.0.1', '0.0.0.0', '::1', '::']

/** Where the workload itself listens. */
function* validateDefaultEndpoint(endpoint: string): Generator<Problem> {
  if (endpoint.startsWith(UNIX_PREFIX)) {
    yield* errorOf(unixAddressProblem(endpoint.slice(UNIX_PREFIX.length)))
    return
  }
  const { host, port, problem } = splitHostPort(endpoint)
  yield* errorOf(problem)
  if (!LOCAL_HOSTS.includes(host)) {
    const forms = '127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset'
    yield error(`sidecar: defaultEndpoint must be of form ${forms}`)
  }
  const number = readInteger(port)
  if (number === undefined) {
    yield error(`sidecar: defaultEndpoint port (${port}) is not a number: ${numberProblem(port, 'Atoi')}`)
  } else yield* errorOf(portProblem(number))
}

function* validateIngressTls(tls: ServerTls, protocol: string): Generator<Problem> {
  const mode = modeOf(tls)
  if (countOf(tls.subjectAltNames) > 0) yield error('sidecar: subjectAltNames is not supported in ingress tls')
  if (tls.httpsRedirect === true) yield error('sidecar: httpsRedirect is not supported')
  if ((tls.credentialName ?? '') !== '') yield error('sidecar: credentialName is not currently supported')
  if (countOf(tls.credentialNames) > 0) yield error('sidecar: credentialNames is not currently supported')
  if (countOf(tls.tlsCertificates) > 0) yield error('sidecar: tls_certificates is not currently supported')
  if (mode === 'ISTIO_MUTUAL' || mode === 'AUTO_PASSTHROUGH') {
    yield error(`configuration is invalid: cannot set mode to ${mode} in sidecar ingress tls`)
  }
  if (!isTls(protocol)) yield error('server cannot have TLS settings for non HTTPS/TLS ports')
  yield* validateServerTls(tls)
}

function* validateEgress(listeners: readonly Maybe<EgressListener>[], namespace: string): Generator<Problem> {
  const ports = new Set<number>()
  const sockets = new Set<string>()
  for (const [index, listener] of listeners.entries()) {
    if (!isGiven(listener)) {
      yield error('egress listener may not be null')
      continue
    }
    const { port, bind = '' } = listener
    if (!isGiven(port)) {
      if (index < listeners.length - 1) {
        yield error('sidecar: the egress listener with empty port should be the last listener in the list')
      }
    } else {
      yield* validateEgressPort(port, listener)
      const { number = 0 } = port
      if (number === 0) {
        if (sockets.has(bind)) yield error('sidecar: unix domain socket values for listeners must be unique')
        sockets.add(bind)
      } else {
        if (ports.has(number)) yield error(PORTS_TAKEN)
        ports.add(number)
      }
    }
    if (countOf(listener.hosts) === 0) yield error('sidecar: egress listener must contain at least one host')
    else yield* validateEgressHosts(listener.hosts ?? [], namespace)
  }
}

/** Port 0 stands for a Unix socket. */
function* validateEgressPort(
  { number = 0, protocol, name = '', targetPort = 0 }: ListenerPort,
  { bind = '', captureMode = 'DEFAULT' }: EgressListener,
): Generator<Problem> {
  if (targetPort > 0) yield error(TARGET_PORT)
  if (name !== '') yield* errorOf(portNameProblem(name))
  yield* errorOf(protocolProblem(protocol))
  if (number !== 0) {
    yield* errorOf(portProblem(number))
    if (bind !== '') yield* errorOf(ipAddressProblem(bind))
    return
  }
  yield* errorOf(
    bind.startsWith(UNIX_PREFIX)
      ? unixAddressProblem(bind.slice(UNIX_PREFIX.length))
      : 'sidecar: ports with 0 value must have a unix domain socket bind address',
  )
  if (captureMode !== 'DEFAULT' && captureMode !== 'NONE') {
    yield error('sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners')
  }
}

/** Hosts that say the same as one before them, or as the star of their namespace, are told. */
function* validateEgressHosts(hosts: readonly string[], home: string): Generator<Problem> {
  const seen = new Map<string, Set<string>>()
  for (const entry of hosts) {
    const slash = entry.indexOf('/')
    if (slash >= 0 && !entry.startsWith('~')) {
      const said = entry.slice(0, slash)
      const namespace = said === '.' ? home : said
      const host = entry.slice(slash + 1)
      const known = seen.get(namespace) ?? new Set()
      const isDuplicate = host === '*' ? known.size > 0 : known.has(host) || known.has('*')
      if (isDuplicate) yield warning(`duplicated egress host: ${entry}`)
      seen.set(namespace, known.add(host))
    }
    yield* validateNamespacedHost(entry, { isGateway: false })
  }
  if (seen.get('*')?.has('*') === true && seen.size > 1) {
    yield warning('`*/*` host select all resources, no other hosts can be added')
  }
}

function* validateOutboundPolicy({ mode = 'REGISTRY_ONLY', egressProxy }: OutboundTrafficPolicy): Generator<Problem> {
  if (mode === 'ALLOW_ANY_DYNAMIC_DNS') {
    yield error('sidecar: ALLOW_ANY_DYNAMIC_DNS mode is only supported in MeshConfig, not in Sidecar resource')
    return
  }
  if (!isGiven(egressProxy)) return
  if (mode !== 'ALLOW_ANY') {
    yield error('sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode')
    return
  }
  yield* errorOf(domainProblem(egressProxy.host ?? ''))
  if (isGiven(egressProxy.port)) yield* validateDestination(egressProxy)
  else yield error('sidecar: egress_proxy port must be non-nil')
}
