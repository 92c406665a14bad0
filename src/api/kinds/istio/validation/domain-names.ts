import { goQuote } from '../../../../base/go-quote.ts'
import { isIpAddress } from './addresses.ts'
import { isDnsLabel, isWildcardLabel } from './labels.ts'
import { readInteger } from './numbers.ts'
import { error, errorOf, type Problem } from './problem.ts'

/* What is wrong with a name, or nothing (istio/istio pkg/config/validation/agent/validation.go). */

const DOMAIN_MAX = 255

/** A name in full. A dot at the end is fine. */
export function domainProblem(domain: string): string | undefined {
  return lengthProblem(domain) ?? labelsProblem(domain)
}

/** A name in full whose first label may be, or start with, a star. */
export function wildcardDomainProblem(domain: string): string | undefined {
  const length = lengthProblem(domain)
  if (length !== undefined) return length
  const dot = domain.indexOf('.')
  const first = dot < 0 ? domain : domain.slice(0, dot)
  if (!isWildcardLabel(first)) return labelProblem(domain, first)
  return dot < 0 ? undefined : labelsProblem(domain.slice(dot + 1))
}

const OUTBOUND = 'outbound'
const OUTBOUND_FORMAT = 'outbound_.<PORT>_._.<HOSTNAME>'

/** At a gateway that passes TLS on by its name, the name may be one that Istio made: `outbound_.80_._.reviews.com`. */
export function gatewayDomainProblem(domain: string, { isSni }: { readonly isSni: boolean }): string | undefined {
  const length = lengthProblem(domain)
  if (length !== undefined) return length
  if (!isSni || !domain.startsWith(`${OUTBOUND}_`)) return wildcardDomainProblem(domain)
  const parts = domain.split('_')
  if (parts.length < 4) return `domain name ${domain} invalid, should follow '${OUTBOUND_FORMAT}' format`
  const port = withoutOuterDots(parts[1])
  if (!/\d/.test(port)) return `${labelProblem(domain, port)}. should follow ${OUTBOUND_FORMAT} format`
  const host = withoutOuterDots(parts[3])
  return /[a-zA-Z]/.test(host) ? undefined : `${labelProblem(domain, host)}. should follow ${OUTBOUND_FORMAT} format`
}

/** A star may stand for whole labels only. */
export function partialWildcardProblem(host: string): string | undefined {
  const isPartial = host.includes('*') && host.length !== 1 && !host.startsWith('*.')
  return isPartial ? `partial wildcard ${goQuote(host)} not allowed` : undefined
}

export function trustDomainProblem(domain: string): string | undefined {
  if (domain === '') return 'empty domain name not allowed'
  const isValid = withoutTrailingDot(domain).split('.').every(isDnsLabel)
  return isValid ? undefined : `trust domain name ${goQuote(domain)} invalid`
}

/** A host with a namespace before it, as Sidecars and Gateways say them: `shop/*.example.com`. */
export function* validateNamespacedHost(
  text: string,
  { isGateway, isConverted = false }: { readonly isGateway: boolean; readonly isConverted?: boolean },
): Generator<Problem> {
  const slash = text.indexOf('/')
  if (slash < 0) {
    if (isGateway) yield* validateHostPart(text, isGateway)
    else yield error('host must be of form namespace/dnsName')
    return
  }
  const namespace = text.slice(0, slash)
  const host = text.slice(slash + 1)
  if (namespace === '' || host === '') yield error('config namespace and dnsName in host entry cannot be empty')
  if (isGateway) {
    const isFree = ['*', '.'].includes(namespace) || (namespace === '~' && isConverted)
    if (!isFree && !isDnsLabel(namespace)) yield error(`invalid namespace value ${goQuote(namespace)} in gateway`)
  } else {
    const named = namespace.replace(/^~/, '')
    if (!['', '*', '.'].includes(named) && !isDnsLabel(named)) {
      yield error(`invalid namespace value ${goQuote(namespace)} in sidecar`)
    }
  }
  yield* validateHostPart(host, isGateway)
}

/** A host that is no name is told twice to a Sidecar: once as no name, once as no address. */
function* validateHostPart(host: string, isGateway: boolean): Generator<Problem> {
  if (host !== '*' && !host.includes('.')) yield error('short names (non FQDN) are not allowed')
  const problem = wildcardDomainProblem(host)
  if (problem !== undefined) {
    if (!isGateway) yield error(problem)
    if (!isIpAddress(host)) yield error(problem)
  }
  yield* errorOf(partialWildcardProblem(host))
}

function lengthProblem(domain: string): string | undefined {
  if (Buffer.byteLength(domain) > DOMAIN_MAX) return `domain name ${goQuote(domain)} too long (max ${DOMAIN_MAX})`
  return domain === '' ? 'empty domain name not allowed' : undefined
}

function labelsProblem(domain: string): string | undefined {
  const labels = domain.split('.')
  const top = labels.at(-1) ?? ''
  if (readInteger(top) !== undefined) {
    return `domain name ${goQuote(domain)} invalid (top level domain ${goQuote(top)} cannot be all-numeric)`
  }
  const bad = (top === '' ? labels.slice(0, -1) : labels).find((label) => !isDnsLabel(label))
  return bad === undefined ? undefined : labelProblem(domain, bad)
}

function labelProblem(domain: string, label: string): string {
  return `domain name ${goQuote(domain)} invalid (label ${goQuote(label)} invalid)`
}

function withoutTrailingDot(domain: string): string {
  return domain.replace(/\.$/, '')
}

function withoutOuterDots(text = ''): string {
  return text.replace(/^\.+|\.+$/g, '')
}
