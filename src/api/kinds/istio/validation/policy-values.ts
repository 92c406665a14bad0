import { goQuote } from '../../../../base/go-quote.ts'
import { isIpAddress, prefixProblem } from './addresses.ts'
import { numberProblem } from './numbers.ts'
import { error, errorOf, listedError, type Maybe, type Problem } from './problem.ts'

/* The lists of values in rules of an AuthorizationPolicy (istio/istio pkg/config/security/security.go). */

type Values = Maybe<readonly string[]>

const SERVICE_ACCOUNTS_MAX = 16
const SERVICE_ACCOUNT_MAX_LENGTH = 320
const PORT_MAX = 65_535
const UINT32_MAX = 2 ** 32 - 1

export function emptyValueProblem(values: Values, field: string): string | undefined {
  return (values ?? []).includes('') ? `empty value not allowed, found in ${field}` : undefined
}

/** A star may stand at either end. */
export function wildcardValueProblem(values: Values, field: string): string | undefined {
  const empty = emptyValueProblem(values, field)
  if (empty !== undefined) return empty
  for (const value of values ?? []) {
    const stars = value.split('*').length - 1
    const found = `found in ${field}: ${goQuote(value)}`
    if (stars > 1) return `at most one wildcard is allowed, ${found}`
    if (stars === 1 && !value.startsWith('*') && !value.endsWith('*')) {
      return `wildcard is only allowed at the start or end, ${found}`
    }
  }
  return undefined
}

export function trustDomainValueProblem(values: Values, field: string): string | undefined {
  const wildcard = wildcardValueProblem(values, field)
  if (wildcard !== undefined) return wildcard
  const bad = (values ?? []).find((value) => value.includes('/'))
  return bad === undefined ? undefined : `trust domain must not contain '/', found in ${field}: ${goQuote(bad)}`
}

/** `account`, or `namespace/account`. */
export function serviceAccountProblem(values: Values, field: string): string | undefined {
  if ((values ?? []).length > SERVICE_ACCOUNTS_MAX) return `may not have more than ${SERVICE_ACCOUNTS_MAX} values`
  return (values ?? []).map((value) => accountProblem(value, field)).find((problem) => problem !== undefined)
}

function accountProblem(value: string, field: string): string | undefined {
  if (value === '') return `empty value not allowed, found in ${field}`
  if (value.includes('*')) return `wildcard not allowed, found in ${field}`
  const parts = value.split('/')
  const found = `${goQuote(value)} in ${field}`
  const format = "expected format 'serviceAccount' or 'namespace/serviceAccount', found"
  if (parts.length > 2) return `${format} ${found}`
  if (value.length > SERVICE_ACCOUNT_MAX_LENGTH) {
    return `value cannot exceed ${SERVICE_ACCOUNT_MAX_LENGTH} characters, found ${found}`
  }
  if (parts[0] === '') return `${format} empty namespace ${found}`
  return parts[1] === '' ? `${format} empty serviceAccount ${found}` : undefined
}

export function* validateIpBlocks(values: Values): Generator<Problem> {
  for (const value of values ?? []) {
    if (!value.includes('/')) {
      if (!isIpAddress(value)) yield listedError(`bad IP address (${value})`)
      continue
    }
    const problem = prefixProblem(value)
    if (problem !== undefined) yield listedError(`bad CIDR range (${value}): ${problem}`)
  }
}

export function* validatePorts(values: Values): Generator<Problem> {
  for (const value of values ?? []) {
    const port = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (port <= PORT_MAX) continue
    // A number that can be read, but is none of a port, is no failure of reading: Go prints that there was none.
    const why = port <= UINT32_MAX ? '<nil>' : numberProblem(value, 'ParseUint')
    yield listedError(`bad port (${value}): ${why}`)
  }
}

const FREE: ReadonlySet<string> = new Set([
  'source.namespace',
  'source.principal',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'connection.sni',
])
const ADDRESSES: ReadonlySet<string> = new Set(['source.ip', 'remote.ip', 'destination.ip'])
/** Attributes of which one value is named in brackets: `request.headers[user-agent]`. */
const MAPS: readonly string[] = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.']

/** The values that a condition compares an attribute with. */
export function* validateAttribute(key: string, values: Values): Generator<Problem> {
  const empty = emptyValueProblem(values, key)
  if (empty !== undefined) yield error(empty)
  else if (MAPS.some((prefix) => key.startsWith(prefix))) yield* errorOf(mapKeyProblem(key))
  else if (ADDRESSES.has(key)) yield* validateIpBlocks(values)
  else if (key === 'source.serviceAccount') yield* errorOf(serviceAccountProblem(values, key))
  else if (key === 'source.trustDomain') yield* errorOf(wildcardValueProblem(values, key))
  else if (key === 'destination.port') yield* validatePorts(values)
  else if (!FREE.has(key)) yield error(unknownAttribute(key))
}

function unknownAttribute(key: string): string {
  if (key === 'destination.namespace') return `attribute ${key} is replaced by the metadata.namespace`
  if (key.startsWith('destination.labels')) return `attribute ${key} is replaced by the workload selector`
  if (key === 'destination.name' || key === 'destination.user') {
    return `deprecated attribute ${key}: only supported in v1alpha1`
  }
  return `unknown attribute: ${key}`
}

function mapKeyProblem(key: string): string | undefined {
  const open = key.indexOf('[')
  const isValid = key.endsWith(']') && open > 0 && open < key.length - 2
  return isValid ? undefined : `bad key (${key}): should have format a[b]`
}
