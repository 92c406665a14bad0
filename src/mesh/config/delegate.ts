import { changed, without } from '../../base/copy-on-write.ts'
import type { HttpMatch, HttpRoute, StringMatch, StringMatches } from './types/virtual-service.ts'

/*
 * A route may hand what it matches to the routes of another VirtualService. Those can only narrow: what contradicts the
 * root is dropped. Rules: istio/istio pilot/pkg/model/virtualservice.go.
 */

/** The delegate's routes as they stand in the root's place. */
export function delegatedRoutes(root: HttpRoute, delegates: readonly HttpRoute[]): readonly HttpRoute[] {
  return delegates.flatMap((delegate) => {
    const match = narrowedMatches(root.match ?? [], delegate.match ?? [])
    return match === undefined ? [] : [inherited(root, delegate, match)]
  })
}

/** Undefined where some match of the delegate fits under none of the root. */
export function narrowedMatches(
  root: readonly HttpMatch[],
  delegate: readonly HttpMatch[],
): readonly HttpMatch[] | undefined {
  if (root.length === 0) return delegate
  if (delegate.length === 0) return root
  const narrowed: HttpMatch[] = []
  for (const match of delegate) {
    const wider = root.filter((candidate) => !contradicts(candidate, match))
    if (wider.length === 0) return undefined
    for (const candidate of wider) narrowed.push(narrowedMatch(candidate, match))
  }
  return narrowed
}

/** Whether the delegate's match asks for anything that the root's does not let through. */
export function contradicts(root: HttpMatch, delegate: HttpMatch): boolean {
  return (
    WHOLE.some((field) => textContradicts(root[field], delegate[field])) ||
    KEYED.some((field) => someTextContradicts(root[field], delegate[field])) ||
    (root.ignoreUriCase ?? false) !== (delegate.ignoreUriCase ?? false) ||
    (isSet(root.port) && isSet(delegate.port) && root.port !== delegate.port) ||
    (isSet(root.sourceNamespace) && root.sourceNamespace !== delegate.sourceNamespace) ||
    labelsContradict(root.sourceLabels, delegate.sourceLabels) ||
    gatewaysContradict(root.gateways ?? [], delegate.gateways ?? [])
  )
}

const WHOLE = ['uri', 'scheme', 'method', 'authority'] as const
const KEYED = ['headers', 'withoutHeaders', 'queryParams'] as const

/** What a delegate takes from its root where it says nothing itself. */
const INHERITED = [
  'rewrite',
  'directResponse',
  'timeout',
  'retries',
  'fault',
  'mirror',
  'mirrorPercent',
  'mirrorPercentage',
  'corsPolicy',
  'mirrors',
  'headers',
] as const

function inherited(root: HttpRoute, delegate: HttpRoute, match: readonly HttpMatch[]): HttpRoute {
  const name = joinedName(root.name, delegate.name)
  const fromRoot = Object.fromEntries(INHERITED.map((field) => [field, delegate[field] ?? root[field]]))
  const merged = changed<HttpRoute>(delegate, { ...fromRoot, ...(name !== '' && { name }) })
  return match.length === 0 ? without(merged, 'match') : changed(merged, { match })
}

function narrowedMatch(root: HttpMatch, delegate: HttpMatch): HttpMatch {
  const name = joinedName(root.name, delegate.name)
  return changed<HttpMatch>(delegate, {
    ...(name !== '' && { name }),
    ...Object.fromEntries(WHOLE.map((field) => [field, delegate[field] ?? root[field]])),
    ...Object.fromEntries(KEYED.map((field) => [field, both(root[field], delegate[field])])),
    sourceLabels: both(root.sourceLabels, delegate.sourceLabels),
    port: isSet(delegate.port) ? delegate.port : root.port,
    sourceNamespace: isSet(delegate.sourceNamespace) ? delegate.sourceNamespace : root.sourceNamespace,
    gateways: delegate.gateways?.length ? delegate.gateways : root.gateways,
    statPrefix: isSet(delegate.statPrefix) ? delegate.statPrefix : root.statPrefix,
  })
}

function joinedName(root = '', delegate = ''): string {
  return root === '' || delegate === '' ? root + delegate : `${root}-${delegate}`
}

function both<T>(
  root: Readonly<Record<string, T>> | undefined,
  delegate: Readonly<Record<string, T>> | undefined,
): Readonly<Record<string, T>> | undefined {
  return root === undefined || delegate === undefined ? (delegate ?? root) : { ...root, ...delegate }
}

function someTextContradicts(root: StringMatches | undefined, delegate: StringMatches | undefined): boolean {
  return Object.entries(delegate ?? {}).some(([key, match]) => textContradicts(root?.[key], match))
}

/** Two expressions cannot be compared, so they always contradict; so does one that any value would satisfy. */
function textContradicts(root: StringMatch | undefined, delegate: StringMatch | undefined): boolean {
  if (root === undefined || delegate === undefined) return false
  const narrower = delegate.exact || delegate.prefix
  if (root.regex || delegate.regex || !narrower) return true
  if (root.exact) return delegate.exact !== root.exact
  return !root.prefix || !narrower.startsWith(root.prefix)
}

function labelsContradict(root: HttpMatch['sourceLabels'], delegate: HttpMatch['sourceLabels']): boolean {
  return Object.entries(delegate ?? {}).some(([key, value]) => root?.[key] !== undefined && root[key] !== value)
}

function gatewaysContradict(root: readonly string[], delegate: readonly string[]): boolean {
  return root.length > 0 && delegate.some((gateway) => !root.includes(gateway))
}

function isSet(value: string | number | undefined): boolean {
  return value !== undefined && value !== '' && value !== 0
}
