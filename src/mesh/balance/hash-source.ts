import type { ConsistentHash } from '../config/types/destination-rule.ts'
import { parseDuration } from '../../base/duration.ts'
import { type HeaderList, headerValue } from '../route/header-list.ts'
import { queryParameters } from '../route/request.ts'
import { type Hash64, hexOf, xxHash64 } from './xx-hash.ts'

/** What of a request decides where it goes. */
export type HashSource = ConsistentHash

export interface HashedRequest {
  readonly headers: HeaderList
  readonly query: string
  readonly clientAddress: string
  /** Both ends of the client's connection, each as `address:port`. */
  readonly connection: string
}

/** Undefined where the request has nothing to hash: any endpoint will do. */
export interface RequestHash {
  readonly hash: Hash64 | undefined
  /** A cookie that the client is to send from now on, so that it comes back to the same endpoint. */
  readonly setCookie?: string
}

const NOTHING: RequestHash = { hash: undefined }

/** Rules: envoyproxy/envoy source/common/http/hash_policy.cc. */
export function requestHash(source: HashSource, request: HashedRequest): RequestHash {
  const { httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName } = source
  if (httpHeaderName !== undefined) return { hash: headerHash(request.headers, httpHeaderName.toLowerCase()) }
  if (httpCookie !== undefined) return cookieHash(httpCookie, request)
  if (useSourceIp === true) return { hash: xxHash64(request.clientAddress) }
  if (httpQueryParameterName === undefined) return NOTHING
  const value = queryParameters(request.query).get(httpQueryParameterName)
  return value === undefined ? NOTHING : { hash: xxHash64(value) }
}

/** Of a header that is there several times, whichever comes first. */
function headerHash(headers: HeaderList, name: string): Hash64 | undefined {
  const values: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === name) values.push(headers[index + 1] ?? '')
  }
  let hash: Hash64 | undefined
  for (const value of values.toSorted()) hash = xxHash64(value, hash)
  return hash
}

/**
 * Only a cookie with a time to live is made where there is none; 0 is one for as long as the browser runs. All requests of
 * a connection get the same: envoyproxy/envoy source/common/router/router.h, `addDownstreamSetCookie`.
 */
function cookieHash(
  { name, path = '', ttl, attributes = [] }: NonNullable<ConsistentHash['httpCookie']>,
  { headers, connection }: HashedRequest,
): RequestHash {
  const known = cookieValue(headerValue(headers, 'cookie') ?? '', name)
  if (known !== undefined && known !== '') return { hash: xxHash64(known) }
  const lifeMs = ttl === undefined ? undefined : parseDuration(ttl)
  if (lifeMs === undefined) return NOTHING
  const value = hexOf(xxHash64(connection))
  const parts = [
    `${name}="${value}"`,
    ...(lifeMs >= SECOND_MS ? [`Max-Age=${Math.floor(lifeMs / SECOND_MS)}`] : []),
    ...(path === '' ? [] : [`Path=${path}`]),
    ...attributes.map((attribute) => (attribute.value ? `${attribute.name}=${attribute.value}` : attribute.name)),
    'HttpOnly',
  ]
  return { hash: xxHash64(value), setCookie: parts.join('; ') }
}

const SECOND_MS = 1_000

function cookieValue(cookies: string, name: string): string | undefined {
  for (const part of cookies.split(/[;,]/)) {
    const equals = part.indexOf('=')
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue
    const value = part.slice(equals + 1).trim()
    return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value
  }
  return undefined
}
