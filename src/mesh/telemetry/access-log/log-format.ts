import type { TelemetryRecord } from '../expression.ts'
import { type LogValue, operatorOf } from './operators.ts'

/** A format that Envoy would refuse. */
export class LogFormatError extends Error {}

/** Makes a line, with what ends it, of a record. */
export type LogFormat = (record: TelemetryRecord) => string

/** A format of JSON, of texts with commands; it may hold objects. */
export interface JsonFields {
  readonly [name: string]: string | number | boolean | null | JsonFields
}

/** Istio's own: istio/istio pilot/pkg/model/telemetry_logging.go `EnvoyTextLogFormat`. */
export const DEFAULT_TEXT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n'

/** The same as JSON: `EnvoyJSONLogFormatIstio`. */
export const DEFAULT_JSON_FORMAT: JsonFields = {
  start_time: '%START_TIME%',
  route_name: '%ROUTE_NAME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
}

/** What is missing is a dash, or with `omitEmptyValues` nothing. Throws a LogFormatError. */
export function textFormat(format: string, options: { readonly omitEmptyValues?: boolean } = {}): LogFormat {
  const parts = partsOf(format)
  const nothing = options.omitEmptyValues === true ? '' : '-'
  // Joined, as lines are kept: a text that was added up would keep its pieces beside it.
  return (record) => parts.map((part) => (typeof part === 'string' ? part : (part(record) ?? nothing))).join('')
}

/**
 * A value of one command keeps its type, and is null where it is missing. Names are in the order of the alphabet, as Envoy
 * sorts them. Throws a LogFormatError.
 */
export function jsonFormat(fields: JsonFields, options: { readonly omitEmptyValues?: boolean } = {}): LogFormat {
  const writer = objectWriter(fields, options.omitEmptyValues === true)
  return (record) => `${JSON.stringify(writer(record) ?? {})}\n`
}

type Part = string | ((record: TelemetryRecord) => LogValue)

const COMMAND = /%%|%([A-Z_0-9]+)(?:\(((?:[^()]|\([^()]*\))*)\))?(?::(\d+))?%/g

function partsOf(format: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of format.matchAll(COMMAND)) {
    const [whole, name, argument, length] = match
    if (match.index > end) parts.push(plain(format.slice(end, match.index), format))
    end = match.index + whole.length
    parts.push(name === undefined ? '%' : command(name, argument, length))
  }
  if (end < format.length) parts.push(plain(format.slice(end), format))
  return parts
}

function plain(text: string, format: string): string {
  if (text.includes('%')) throw new LogFormatError(`in "${format.trimEnd()}" a percent sign stands alone`)
  return text
}

function command(name: string, argument: string | undefined, length: string | undefined): Part {
  const operator = operatorOf(name, argument)
  if (operator === undefined) throw new LogFormatError(`there is no command %${name}%`)
  if (length === undefined) return operator
  return (record) => {
    const value = operator(record)
    return value === undefined ? undefined : String(value).slice(0, Number(length))
  }
}

type Writer = (record: TelemetryRecord) => unknown

function objectWriter(fields: JsonFields, omitsEmpty: boolean): Writer {
  const writers = Object.entries(fields)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, valueWriter(value, omitsEmpty)] as const)
  return (record) => {
    const object: Record<string, unknown> = {}
    for (const [name, write] of writers) {
      const value = write(record) ?? null
      if (value !== null || !omitsEmpty) object[name] = value
    }
    return omitsEmpty && Object.keys(object).length === 0 ? undefined : object
  }
}

function valueWriter(value: JsonFields[string], omitsEmpty: boolean): Writer {
  if (typeof value === 'object' && value !== null) return objectWriter(value, omitsEmpty)
  if (typeof value !== 'string') return () => value
  const parts = partsOf(value)
  const [only] = parts
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') return only
  return textFormat(value, { omitEmptyValues: omitsEmpty })
}
