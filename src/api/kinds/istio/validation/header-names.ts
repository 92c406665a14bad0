import { goQuote } from '../../../../base/go-quote.ts'

/* Names of HTTP headers, by what is done with them (istio/istio pkg/config/validation/validation.go). */

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/
const STRICT = /^[-_A-Za-z0-9]+$/
const PROBE = /^[-A-Za-z0-9]+$/
const PSEUDO_HEADERS: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path', ':status'])
const CLAIM_PREFIX = '@request.auth.claims'

/** A claim of the caller's token, which a gateway matches like a header: `@request.auth.claims.groups`. */
export function isClaimHeader(name: string): boolean {
  if (!name.toLowerCase().startsWith(CLAIM_PREFIX)) return false
  const claim = name.slice(CLAIM_PREFIX.length)
  return (claim.startsWith('.') && claim.length > 1) || /^\[[^]+\]$/.test(claim)
}

/** A header that a route may match. */
export function matchedHeaderProblem(name: string): string | undefined {
  if (isClaimHeader(name) || PSEUDO_HEADERS.has(name)) return undefined
  return nameProblem(name, TOKEN)
}

export function corsHeaderProblem(name: string): string | undefined {
  return name === '*' ? undefined : nameProblem(name, TOKEN)
}

export function strictHeaderProblem(name: string): string | undefined {
  return nameProblem(name, STRICT)
}

export function probeHeaderProblem(name: string): string | undefined {
  return nameProblem(name, PROBE)
}

function nameProblem(name: string, allowed: RegExp): string | undefined {
  if (name === '') return EMPTY
  return allowed.test(name) ? undefined : `header name ${name} is not a valid header name`
}

const EMPTY = 'header name cannot be empty'

/** A header that is added to or set in a request: of those with a colon, only the authority. */
export function requestHeaderProblem(name: string): string | undefined {
  if (name === '') return EMPTY
  return name.startsWith(':') && !isAuthorityHeader(name) ? colonProblem(name) : undefined
}

/** A header that is taken off a request, or changed in an answer. */
export function otherHeaderProblem(name: string): string | undefined {
  if (name === '') return EMPTY
  if (name.toLowerCase() === 'host') return `invalid header ${goQuote(name)}: cannot set Host header`
  return name.startsWith(':') ? colonProblem(name) : undefined
}

function colonProblem(name: string): string {
  return `invalid header ${goQuote(name)}: header cannot have ":" prefix`
}

export function isAuthorityHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === ':authority' || lower === 'host'
}
