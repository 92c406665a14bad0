import { goQuote } from '../../../../base/go-quote.ts'
import { ipAddressProblem, UNIX_PREFIX, unixAddressProblem } from './addresses.ts'
import type { Annotated } from './annotations.ts'
import { validateNamespacedHost } from './domain-names.ts'
import { isDnsLabel } from './labels.ts'
import { portProblem } from './numbers.ts'
import { countOf, error, errorOf, isGiven, type Maybe, type Problem, warning } from './problem.ts'
import { isHttp, isKnownProtocol, isTls } from './protocols.ts'
import { isPassthrough, type ServerTls, validateServerTls } from './server-tls.ts'

export interface Gateway {
  readonly servers?: Maybe<readonly Maybe<Server>[]>
}

export interface Server {
  readonly port?: Maybe<ServerPort>
  readonly bind?: string
  readonly hosts?: Maybe<readonly string[]>
  readonly tls?: Maybe<ServerTls>
}

export interface ServerPort {
  readonly number?: number
  readonly protocol?: string
  readonly name?: string
  readonly targetPort?: number
}

export function* validateGateway({ servers }: Gateway, { name, annotations }: Annotated): Generator<Problem> {
  const isConverted = annotations['internal.istio.io/gateway-semantics'] === 'gateway'
  if (!isDnsLabel(name) && !isConverted) yield error(`invalid gateway name: ${goQuote(name)}`)
  if (countOf(servers) === 0) yield error('gateway must have at least one server')
  for (const server of servers ?? []) {
    if (isGiven(server)) yield* validateServer(server, isConverted)
    else yield error('cannot have nil server')
  }
  const portNames = new Set<string>()
  for (const server of servers ?? []) {
    if (!isGiven(server)) yield error('server may not be nil')
    if (!isGiven(server?.port)) continue
    const { name: portName = '', protocol } = server.port
    if (portNames.has(portName)) yield error(`port names in servers must be unique: duplicate name ${portName}`)
    portNames.add(portName)
    if (!isHttp(protocol) && server.tls?.httpsRedirect === true) {
      yield warning('tls.httpsRedirect should only be used with http servers')
    }
  }
}

/** `isConverted`: the gateway stands for one of the Gateway API. */
export function* validateServer(server: Server, isConverted: boolean): Generator<Problem> {
  const { port, bind = '', hosts, tls } = server
  if (countOf(hosts) === 0) yield error('server config must contain at least one host')
  for (const host of hosts ?? []) yield* validateNamespacedHost(host, { isGateway: true, isConverted })
  const portProblems = [...validateServerPort(port, bind)]
  yield* portProblems
  yield* validateBind(port, bind)
  yield* validateServerTls(tls)
  if (portProblems.length === 0) yield* errorOf(tlsProblem(server))
}

/** Whether a server's protocol and its having TLS go together. Plain HTTP has it only to redirect. */
function tlsProblem({ port, tls }: Server): string | undefined {
  const { protocol } = port ?? {}
  if (!isGiven(tls)) {
    return isTls(protocol) ? 'server must have TLS settings for HTTPS/TLS protocols' : undefined
  }
  if (isTls(protocol)) return undefined
  if (!isHttp(protocol)) return 'server cannot have TLS settings for non HTTPS/TLS ports'
  const { caCertificates = '', privateKey = '', serverCertificate = '' } = tls
  const isPlain = isPassthrough(tls) && caCertificates === '' && privateKey === '' && serverCertificate === ''
  return isPlain ? undefined : 'server cannot have TLS settings for plain text HTTP ports'
}

const PROTOCOLS = 'HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP'

export function* validateServerPort(port: Maybe<ServerPort>, bind: string): Generator<Problem> {
  if (!isGiven(port)) {
    yield error('port is required')
    return
  }
  const { number = 0, protocol = '', name = '', targetPort = 0 } = port
  if (!isKnownProtocol(protocol)) {
    yield error(`invalid protocol ${goQuote(protocol)}, supported protocols are ${PROTOCOLS}`)
  }
  if (number > 0 || !bind.startsWith(UNIX_PREFIX)) yield* errorOf(portProblem(number))
  if (targetPort > 0) yield error('targetPort has no impact on Gateways')
  if (name === '') yield error(`port name must be set: ${printPort(port)}`)
}

function* validateBind(port: Maybe<ServerPort>, bind: string): Generator<Problem> {
  if (bind.startsWith(UNIX_PREFIX)) {
    yield* errorOf(unixAddressProblem(bind.slice(UNIX_PREFIX.length)))
    if (isGiven(port) && (port.number ?? 0) !== 0) {
      yield error(`port number must be 0 for unix domain socket: ${printPort(port)}`)
    }
  } else if (bind !== '') yield* errorOf(ipAddressProblem(bind))
}

/** As protobuf's text format has it, in the order of the fields' numbers. */
function printPort({ number = 0, protocol = '', name = '', targetPort = 0 }: ServerPort): string {
  const fields = [
    number === 0 ? '' : `number:${number}`,
    protocol === '' ? '' : `protocol:${goQuote(protocol)}`,
    name === '' ? '' : `name:${goQuote(name)}`,
    targetPort === 0 ? '' : `target_port:${targetPort}`,
  ]
  return fields.filter((field) => field !== '').join(' ')
}
