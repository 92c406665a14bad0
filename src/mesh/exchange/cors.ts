import { parseDuration } from '../../base/duration.ts'
import type { CorsPolicy } from '../config/types/virtual-service.ts'
import { type HeaderList, headerValue } from '../route/header-list.ts'
import { type TextMatch, textMatch } from '../route/text-match.ts'

/** A policy, ready to be asked. */
interface CompiledCors {
  readonly origins: readonly TextMatch[]
  readonly credentials: HeaderList
  readonly onPreflight: HeaderList
  readonly onAnswer: HeaderList
  readonly answersUnmatched: boolean
}

const COMPILED = new WeakMap<CorsPolicy, CompiledCors>()

/** What becomes of a request that a browser sent from another origin. */
export type CorsOutcome =
  /** The browser asks whether it may: the proxy answers, with these headers. */
  | { readonly kind: 'answer'; readonly headers: HeaderList }
  /** The request goes on; the answer to it gets these headers. */
  | { readonly kind: 'forward'; readonly headers: HeaderList }

const UNTOUCHED: CorsOutcome = { kind: 'forward', headers: [] }

/** envoyproxy/envoy source/extensions/filters/http/cors/cors_filter.cc. */
export function corsOutcome(policy: CorsPolicy, method: string, headers: HeaderList): CorsOutcome {
  const origin = headerValue(headers, 'origin')
  if (origin === undefined || origin === '') return UNTOUCHED
  const { origins, credentials, onPreflight, onAnswer, answersUnmatched } = compiled(policy)
  const isPreflight = method === 'OPTIONS' && (headerValue(headers, 'access-control-request-method') ?? '') !== ''
  if (!origins.some((matches) => matches(origin))) {
    return isPreflight && answersUnmatched ? { kind: 'answer', headers: [] } : UNTOUCHED
  }
  const allowed = ['access-control-allow-origin', origin, ...credentials]
  if (isPreflight) return { kind: 'answer', headers: [...allowed, ...onPreflight] }
  return { kind: 'forward', headers: [...allowed, ...onAnswer] }
}

function compiled(policy: CorsPolicy): CompiledCors {
  const known = COMPILED.get(policy)
  if (known !== undefined) return known
  const { allowOrigins, allowOrigin = [], allowMethods, allowHeaders, exposeHeaders, maxAge, allowCredentials } = policy
  const origins = allowOrigins ?? allowOrigin.map((exact) => (exact === '*' ? { regex: '.*' } : { exact }))
  const ageMs = maxAge === undefined ? undefined : parseDuration(maxAge)
  const made: CompiledCors = {
    origins: origins.map((match) => textMatch(match.exact === '*' ? { regex: '.*' } : match)),
    credentials: allowCredentials === true ? ['access-control-allow-credentials', 'true'] : [],
    onPreflight: [
      ...listed('access-control-allow-methods', allowMethods),
      ...listed('access-control-allow-headers', allowHeaders),
      ...(ageMs === undefined ? [] : ['access-control-max-age', String(Math.floor(ageMs / 1_000))]),
    ],
    onAnswer: listed('access-control-expose-headers', exposeHeaders),
    answersUnmatched: policy.unmatchedPreflights === 'IGNORE',
  }
  COMPILED.set(policy, made)
  return made
}

function listed(name: string, values: readonly string[] | undefined): HeaderList {
  return values === undefined || values.length === 0 ? [] : [name, values.join(',')]
}
