import { Environment } from '../../api/cel/declarations.ts'
import { STANDARD_LIBRARY } from '../../api/cel/library/standard.ts'
import { compile, CompileError, type Program, ProgramError } from '../../api/cel/program.ts'
import { DYN } from '../../api/cel/types.ts'
import { Dictionary, Timestamp, type Value } from '../../api/cel/values.ts'
import type { ConnectionRecord, ExchangeRecord } from '../exchange/records.ts'
import type { Workload } from '../registry/workload.ts'
import { headerValue, type HeaderList } from '../route/header-list.ts'

/*
 * Expressions of Telemetry are CEL about Envoy's attributes. What an attribute is not there for is an error, and an error
 * is no value. Attributes: envoyproxy.io, "Attributes", in what records hold.
 */

export type TelemetryRecord = ExchangeRecord | ConnectionRecord

/** What one evaluation may cost: they are short, and run at each request. */
const COST_MAX = 10_000
const ROOTS = ['request', 'response', 'connection', 'source', 'destination', 'upstream', 'xds', 'node'] as const

const ENVIRONMENT = Environment.of([STANDARD_LIBRARY]).withVariables(
  Object.fromEntries(ROOTS.map((root) => [root, DYN])),
)

/** Undefined where the source is no expression. */
export class Expression {
  readonly #program: Program

  private constructor(program: Program) {
    this.#program = program
  }

  static of(source: string): Expression | undefined {
    try {
      return new Expression(compile(source, ENVIRONMENT))
    } catch (error) {
      if (error instanceof CompileError || error instanceof ProgramError) return undefined
      throw error
    }
  }

  isTrue(record: TelemetryRecord): boolean {
    return this.#value(record) === true
  }

  /** As a label has it; what has no value is `unknown`. */
  text(record: TelemetryRecord): string {
    const value = this.#value(record)
    if (typeof value === 'string') return value
    if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return String(value)
    return 'unknown'
  }

  #value(record: TelemetryRecord): Value {
    const used = ROOTS.filter((root) => this.#program.variables.has(root))
    const bindings = Object.fromEntries(used.map((root) => [root, ATTRIBUTES[root](record)]))
    return this.#program.evaluate(bindings, { costMax: COST_MAX }).value
  }
}

const ATTRIBUTES: Readonly<Record<(typeof ROOTS)[number], (record: TelemetryRecord) => Value>> = {
  request: (record) => (record.kind === 'http' ? requestAttributes(record) : attributes({})),
  response: (record) => (record.kind === 'http' ? responseAttributes(record) : attributes({})),
  connection: (record) =>
    attributes({
      mtls: record.isMutualTls,
      requested_server_name: record.serverName,
      uri_san_peer_certificate: uriOf(record.sourcePrincipal),
      termination_details: record.kind === 'tcp' ? record.details : undefined,
    }),
  source: ({ downstreamAddress, sourcePrincipal }) =>
    attributes({ address: downstreamAddress, port: portOf(downstreamAddress), principal: uriOf(sourcePrincipal) }),
  destination: ({ localAddress, destinationPrincipal }) =>
    attributes({ address: localAddress, port: portOf(localAddress), principal: uriOf(destinationPrincipal) }),
  upstream: ({ upstreamAddress, transportFailure }) =>
    attributes({
      address: upstreamAddress,
      port: upstreamAddress === undefined ? undefined : portOf(upstreamAddress),
      transport_failure_reason: transportFailure,
    }),
  xds: ({ cluster, routeName, proxy }) =>
    attributes({ cluster_name: cluster, route_name: routeName, node: nodeAttributes(proxy) }),
  node: ({ proxy }) => nodeAttributes(proxy),
}

function requestAttributes({ request, requestId, startMs, endMs, ended }: ExchangeRecord): Value {
  const { target, authority, scheme, method, headers, version } = request
  const [path = '', query] = target.split(/\?(.*)/s)
  return attributes({
    path: target,
    url_path: path,
    query,
    host: authority,
    scheme,
    method,
    protocol: version,
    headers: headerAttributes(headers, { ':authority': authority, ':method': method, ':path': target }),
    referer: headerValue(headers, 'referer'),
    useragent: headerValue(headers, 'user-agent'),
    id: requestId,
    time: new Timestamp(BigInt(Math.trunc(startMs)) * 1_000_000n),
    duration: BigInt(Math.trunc(endMs - startMs)),
    size: BigInt(ended.requestBytes),
    total_size: BigInt(ended.requestBytes),
  })
}

function responseAttributes({ status, grpcStatus, details, responseHeaders, ended, flags }: ExchangeRecord): Value {
  return attributes({
    code: BigInt(status),
    code_details: details,
    flags: flags.length === 0 ? 0n : 1n,
    grpc_status: grpcStatus === undefined ? undefined : BigInt(grpcStatus),
    headers: headerAttributes(responseHeaders, {}),
    size: BigInt(ended.responseBytes),
    total_size: BigInt(ended.responseBytes),
  })
}

function nodeAttributes(proxy: Workload | undefined): Value {
  return attributes({
    id: proxy?.name,
    cluster: proxy === undefined ? undefined : `${proxy.canonicalName}.${proxy.namespace}`,
    metadata: attributes({
      NAMESPACE: proxy?.namespace,
      WORKLOAD_NAME: proxy?.name,
      SERVICE_ACCOUNT: proxy?.serviceAccount,
      CLUSTER_ID: proxy?.cluster,
      LABELS: attributes(proxy?.labels ?? {}),
    }),
  })
}

/** What is undefined is not there. */
function attributes(of: Readonly<Record<string, Value | undefined>>): Dictionary {
  const names = Object.keys(of).filter((name) => of[name] !== undefined)
  return new Dictionary({
    size: names.length,
    find: (key) => (typeof key === 'string' && Object.hasOwn(of, key) ? of[key] : undefined),
    keys: () => names,
  })
}

function headerAttributes(headers: HeaderList, pseudo: Readonly<Record<string, string>>): Dictionary {
  const names = [...Object.keys(pseudo), ...new Set(headers.filter((_, index) => index % 2 === 0))]
  return new Dictionary({
    size: names.length,
    find: (key) => {
      if (typeof key !== 'string') return undefined
      return Object.hasOwn(pseudo, key) ? pseudo[key] : headerValue(headers, key)
    },
    keys: () => names,
  })
}

function uriOf(principal: string | undefined): string | undefined {
  return principal === undefined ? undefined : `spiffe://${principal}`
}

function portOf(address: string): bigint | undefined {
  const port = /:(\d+)$/.exec(address)?.[1]
  return port === undefined ? undefined : BigInt(port)
}
