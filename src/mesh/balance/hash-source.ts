import type { ConsistentHash } from '../config/types/destination-rule.ts'
import { parseDuration } from '../../base/duration.ts'
import { type HeaderList, headerValue } from '../route/header-list.ts'
import { queryParameters } from '../route/request.ts'
import { hashOf } from './hash.ts'

/** What of a request decides where it goes. */
export type HashSource = ConsistentHash

export interface HashedRequest {
  readonly headers: HeaderList
  readonly query: string
  readonly sourceAddress: string
}

/** Undefined where the request has nothing to hash: any endpoint will do. */
export interface RequestHash {
  readonly hash: number | undefined
  /** A cookie that the client is to send from now on, so that it comes back to the same endpoint. */
  readonly setCookie?: string
}

/** `draw` makes the value of a cookie that the client does not have yet. */
export function requestHash(source: HashSource, request: HashedRequest, draw: () => number): RequestHash {
  const { httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName } = source
  if (httpHeaderName !== undefined) return { hash: hashed(headerValue(request.headers, httpHeaderName.toLowerCase())) }
  if (httpCookie !== undefined) return cookieHash(httpCookie, request, draw)
  if (useSourceIp === true) return { hash: hashOf(request.sourceAddress) }
  if (httpQueryParameterName !== undefined) {
    return { hash: hashed(queryParameters(request.query).get(httpQueryParameterName)) }
  }
  return { hash: undefined }
}

/** Only a cookie with a time to live is made where there is none; 0 is one for as long as the browser runs. */
function cookieHash(
  { name, path = '', ttl }: NonNullable<ConsistentHash['httpCookie']>,
  { headers }: HashedRequest,
  draw: () => number,
): RequestHash {
  const known = cookieValue(headerValue(headers, 'cookie') ?? '', name)
  if (known !== undefined) return { hash: hashOf(known) }
  const lifeMs = ttl === undefined ? undefined : parseDuration(ttl)
  if (lifeMs === undefined) return { hash: undefined }
  const value = [draw(), draw()]
    .map((part) =>
      Math.floor(part * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('')
  const life = lifeMs > 0 ? `; Max-Age=${Math.floor(lifeMs / 1_000)}` : ''
  const scope = path === '' ? '' : `; Path=${path}`
  return { hash: hashOf(value), setCookie: `${name}="${value}"${life}${scope}; HttpOnly` }
}

function hashed(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : hashOf(text)
}

function cookieValue(cookies: string, name: string): string | undefined {
  for (const part of cookies.split(/[;,]/)) {
    const equals = part.indexOf('=')
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue
    const value = part.slice(equals + 1).trim()
    return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value
  }
  return undefined
}
