import { RoutedRequest } from '../routed-request.ts'
import type { Consent, QueryChange } from './consent.ts'
import { type FieldChange, isSound, withFieldChanges } from './field-change.ts'

/** Envoy's bounds of a head: envoyproxy/envoy source/extensions/filters/network/http_connection_manager/config.cc. */
const HEADERS_MAX = 100
const HEADERS_BYTES_MAX = 60 * 1024
/** Of HTTP/2: they are counted with the headers. */
const OWN_FIELDS = 4

/**
 * A request as an authorizer that allows it wants it to go on. Undefined where that cannot be said in HTTP, or is too much.
 * Rules: envoyproxy/envoy source/extensions/filters/http/ext_authz/ext_authz.cc.
 */
export function changedRequest(
  routed: RoutedRequest,
  { request: changes, queryChange }: Extract<Consent, { readonly kind: 'allowed' }>,
): RoutedRequest | undefined {
  if (changes.length === 0 && queryChange === undefined) return routed
  if (!changes.every(isSound)) return undefined
  const list = withFieldChanges(routed.list, changes)
  const target = withQueryChange(lastSet(changes, [':path']) ?? routed.target, queryChange)
  const authority = lastSet(changes, [':authority', 'host']) ?? routed.authority
  const method = lastSet(changes, [':method']) ?? routed.method
  const scheme = lastSet(changes, [':scheme']) ?? routed.scheme
  const next = new RoutedRequest(
    { method, scheme, authority, target, headers: list, version: 'HTTP/1.1' },
    { scheme, target, headers: list },
  )
  next.claims = routed.claims
  next.clientAddress = routed.clientAddress
  next.isTraced = routed.isTraced
  return isTooMuch(next) ? undefined : next
}

/** The request's own fields can be set, and not be taken away. */
function lastSet(changes: readonly FieldChange[], names: readonly string[]): string | undefined {
  const change = changes.findLast(({ op, name }) => names.includes(name) && (op === 'set' || op === 'set-if-present'))
  return change === undefined || change.op === 'remove' ? undefined : change.value
}

/** Parameters by their names in order, as Envoy writes a query that it has changed. */
function withQueryChange(target: string, change: QueryChange | undefined): string {
  if (change === undefined) return target
  const question = target.indexOf('?')
  const path = question < 0 ? target : target.slice(0, question)
  const query = question < 0 ? '' : target.slice(question + 1)
  const values = new Map<string, string[]>()
  for (const part of query.split('&').filter((text) => text !== '')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    const value = equals < 0 ? '' : part.slice(equals + 1)
    values.set(name, [...(values.get(name) ?? []), value])
  }
  for (const [name, value] of change.set) values.set(name, [value])
  for (const name of change.removed) values.delete(name)
  const sorted = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const parts = sorted.flatMap(([name, all]) => all.map((value) => `${name}=${value}`))
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`
}

function isTooMuch({ list, method, scheme, authority, target }: RoutedRequest): boolean {
  if (list.length / 2 + OWN_FIELDS > HEADERS_MAX) return true
  let bytes = method.length + scheme.length + authority.length + target.length
  for (const text of list) bytes += text.length
  return bytes > HEADERS_BYTES_MAX
}
