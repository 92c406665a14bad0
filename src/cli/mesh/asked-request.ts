import { UserError } from '../../base/user-error.ts'
import type { Claims } from '../../mesh/route/request.ts'
import type { Call } from '../../mesh/proxy/call.ts'
import { parseRange } from '../../mesh/proxy/ip-range.ts'
import { usage } from '../parse.ts'

/** A call that the user asks about. */
export interface AskedRequest {
  readonly scheme: 'http' | 'https' | 'grpc' | 'tcp' | 'tls'
  readonly method: string
  readonly host: string
  readonly port: number
  readonly path: string
  readonly query?: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Call['tls']
  readonly sni?: string
  /** Of a token that the proxy that asks for it has found good. */
  readonly claims?: Claims
  /** Of who is outside of a gateway. */
  readonly clientAddress?: string
}

export interface RequestFlags {
  readonly method: string | undefined
  readonly header: readonly string[]
  readonly tls: string | undefined
  readonly sni: string | undefined
  readonly claim: readonly string[]
  readonly ip: string | undefined
}

const URL_PARTS = /^(?:([a-z]+):\/\/)?([^/?#:[\]\s]+|\[[^\]\s]+\])(?::(\d+))?(\/[^?#\s]*)?(?:\?([^#\s]*))?(?:#.*)?$/i
const PORTS: Readonly<Record<AskedRequest['scheme'], number>> = { http: 80, https: 443, grpc: 80, tcp: 80, tls: 443 }

const PORT_MAX = 65_535

/** Undefined where none is said. */
export function portFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= PORT_MAX) return port
  throw usage({ name: 'mesh' }, `"${text}" is no port: a number from 1 to ${PORT_MAX}`)
}

/** The path is taken as it is: a proxy sees what was sent, not what a browser would have made of it. */
export function askedRequest(url: string, flags: RequestFlags): AskedRequest {
  const [, scheme = 'http', host = '', port, path = '/', query] = URL_PARTS.exec(url) ?? []
  const known = scheme.toLowerCase()
  if (host === '' || !isScheme(known)) {
    throw usage(
      { name: 'mesh' },
      `"${url}" is no URL such as http://cart.shop/items, https://…, grpc://…, tcp://… or tls://…`,
    )
  }
  const number = portFrom(port) ?? PORTS[known]
  if (flags.ip !== undefined && parseRange(flags.ip) === undefined)
    throw usage({ name: 'mesh' }, `"${flags.ip}" is no address`)
  const tls = tlsOf(flags.tls, known)
  const sni = flags.sni ?? (tls === 'plaintext' ? undefined : host)
  const headers = headersOf(flags.header)
  return {
    scheme: known,
    method: (flags.method ?? (known === 'grpc' ? 'POST' : 'GET')).toUpperCase(),
    host: host.toLowerCase(),
    port: number,
    path,
    ...(query !== undefined && { query }),
    headers: known === 'grpc' ? { 'content-type': 'application/grpc', ...headers } : headers,
    tls,
    ...(sni !== undefined && { sni }),
    ...(flags.ip !== undefined && { clientAddress: flags.ip }),
    ...(flags.claim.length > 0 && { claims: claimsOf(flags.claim) }),
  }
}

/** `NAME=VALUE` each; a value that is JSON is what it says, as in `groups=["a","b"]`. */
export function claimsOf(list: readonly string[]): Claims {
  return Object.fromEntries(
    list.map((text) => {
      const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
      if (name !== undefined) return [name, jsonOr(value)]
      throw new UserError('DABBA_USAGE', {
        message: `"${text}" is no claim`,
        hint: 'Write it as NAME=VALUE: --claim iss=https://id.example',
      })
    }),
  )
}

/** `name: value` each, as curl takes them; names in lower case. */
export function headersOf(list: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map(headerOf))
}

export function isHttp({ scheme }: AskedRequest): boolean {
  return scheme !== 'tcp' && scheme !== 'tls'
}

/** As it would be typed; the port only where the scheme does not say it. */
export function urlText({ scheme, host, port, path, query }: AskedRequest): string {
  const address = `${host}${port === PORTS[scheme] ? '' : `:${port}`}`
  if (scheme === 'tcp' || scheme === 'tls') return `${scheme}://${address}`
  return `${scheme}://${address}${path}${query === undefined ? '' : `?${query}`}`
}

/** How a proxy sees it: what TLS negotiated, or what the first bytes look like. */
export function callOf(
  asked: AskedRequest,
  to: { readonly address: string; readonly port: number; readonly opensTls: boolean },
): Call {
  const { scheme, tls, sni, method, host, port, path, query, headers, claims } = asked
  const isTls = tls !== 'plaintext'
  const sniffed = scheme === 'grpc' ? 'h2c' : 'http/1.1'
  const negotiated = scheme === 'grpc' ? 'h2' : 'http/1.1'
  const authority = port === PORTS[scheme] ? host : `${host}:${port}`
  // What is inside TLS that the proxy does not end is not seen.
  const isSeen = isHttp(asked) && (!isTls || to.opensTls)
  return {
    address: to.address,
    port: to.port,
    tls,
    direction: 'outbound',
    ...(sni !== undefined && { sni }),
    ...(isHttp(asked) && { alpn: isTls ? negotiated : sniffed }),
    ...(isSeen && {
      request: {
        method,
        scheme: isTls ? 'https' : 'http',
        authority,
        path,
        ...(query !== undefined && { query }),
        headers,
        ...(claims && { claims }),
      },
    }),
  }
}

function tlsOf(flag: string | undefined, scheme: AskedRequest['scheme']): Call['tls'] {
  if (flag === 'plaintext' || flag === 'tls' || flag === 'mtls') return flag
  return scheme === 'https' || scheme === 'tls' ? 'tls' : 'plaintext'
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Most values are plain words.
    return text
  }
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(':')
  if (colon > 0) return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()]
  throw new UserError('DABBA_USAGE', {
    message: `"${text}" is no header`,
    hint: "Write it as curl does: -H 'x-user-region: mumbai'",
  })
}

function isScheme(text: string): text is AskedRequest['scheme'] {
  return Object.hasOwn(PORTS, text)
}
