import type { JwtRule } from '../../config/types/request-authentication.ts'
import { headerOf, type MeshRequest } from '../../route/request.ts'

/** Where a token was found: it is taken away from there unless it is to be forwarded. */
export interface FoundToken {
  readonly text: string
  readonly place: { readonly kind: 'header' | 'param' | 'cookie'; readonly name: string }
}

/** Where a rule's tokens may be, in Envoy's order (source/extensions/filters/http/jwt_authn/extractor.cc). */
export interface TokenPlaces {
  readonly headers: readonly { readonly name: string; readonly prefix: string }[]
  readonly params: readonly string[]
  readonly cookies: readonly string[]
}

/** Characters of a token: those before the first of them are passed over. */
const TOKEN_START = /[\w.-]/

export function placesOf({ fromHeaders = [], fromParams = [], fromCookies = [] }: JwtRule): TokenPlaces {
  if (fromHeaders.length === 0 && fromParams.length === 0 && fromCookies.length === 0) {
    return { headers: [{ name: 'authorization', prefix: 'Bearer ' }], params: ['access_token'], cookies: [] }
  }
  const headers = fromHeaders.map(({ name, prefix = '' }) => ({ name: name.toLowerCase(), prefix }))
  return {
    headers: headers.toSorted((a, b) => (a.name + a.prefix < b.name + b.prefix ? -1 : 1)),
    params: [...new Set(fromParams)].toSorted(),
    cookies: [...new Set(fromCookies)].toSorted(),
  }
}

export function findTokens({ headers, params, cookies }: TokenPlaces, request: MeshRequest): readonly FoundToken[] {
  const found: FoundToken[] = []
  for (const { name, prefix } of headers) {
    const text = tokenIn(headerOf(request, name), prefix)
    if (text !== undefined) found.push({ text, place: { kind: 'header', name } })
  }
  for (const name of request.query === undefined ? [] : params) {
    const text = parameter(request.query ?? '', name)
    if (text !== undefined) found.push({ text, place: { kind: 'param', name } })
  }
  for (const name of cookies) {
    const text = cookie(headerOf(request, 'cookie') ?? '', name)
    if (text !== undefined) found.push({ text, place: { kind: 'cookie', name } })
  }
  return found
}

/** The query without a parameter; undefined when nothing is left of it. */
export function withoutParameter(query: string, name: string): string | undefined {
  const kept = query.split('&').filter((part) => decoded(part.split('=', 1)[0] ?? '') !== name)
  return kept.length === 0 ? undefined : kept.join('&')
}

function tokenIn(value: string | undefined, prefix: string): string | undefined {
  if (value === undefined || prefix === '') return value
  const at = value.indexOf(prefix)
  if (at < 0) return undefined
  const rest = value.slice(at + prefix.length)
  const start = rest.search(TOKEN_START)
  return start < 0 ? value : rest.slice(start)
}

function parameter(query: string, name: string): string | undefined {
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    if (decoded(equals < 0 ? part : part.slice(0, equals)) === name)
      return equals < 0 ? '' : decoded(part.slice(equals + 1))
  }
  return undefined
}

function cookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue
    return part
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
  }
  return undefined
}

/** What is no escape stays as it is. */
function decoded(text: string): string {
  return text.includes('%') ? text.replace(/%([\da-f]{2})/gi, (_, digits: string) => character(digits)) : text
}

function character(digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16))
}
