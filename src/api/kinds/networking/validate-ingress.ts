import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { validateDns1123Subdomain, validateWildcardDns1123Subdomain } from '../../names/dns.ts'
import { parseIp } from '../../names/ip-address.ts'
import { validateLegacyIp } from '../../names/ip.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { Ingress, IngressRule, IngressSpec, IngressTLS } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateBackend, validateHttpRule } from './validate-ingress-paths.ts'

export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

/** pkg/apis/networking/validation/validation.go ValidateIngressCreate and ValidateIngressUpdate. */
export function* validateIngress({ metadata, spec }: Ingress, old: Ingress | undefined): Generator<Cause> {
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    if (spec !== old.spec) yield* validateSpec(spec, old.spec)
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateSpec(spec, undefined)
  const annotated = metadata.annotations?.[CLASS_ANNOTATION]
  const { ingressClassName } = spec
  if (annotated !== undefined && ingressClassName !== undefined && annotated !== ingressClassName) {
    const rule = 'must match `ingressClassName` when both are specified'
    yield invalidValue(`annotations.${CLASS_ANNOTATION}`, annotated, rule)
  }
}

/** ValidateIngressStatusUpdate. */
export function* validateIngressStatus({ status }: Ingress, old: Ingress): Generator<Cause> {
  const validBefore = (old.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip)
  for (const [index, { ip = '', hostname = '' }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const field = `status.loadBalancer.ingress[${index}]`
    if (ip !== '') yield* validateLegacyIp(ip, `${field}.ip`, { validBefore })
    if (hostname === '') continue
    yield* invalidFor(`${field}.hostname`, hostname, validateDns1123Subdomain(hostname))
    if (parseIp(hostname) !== undefined) {
      yield invalidValue(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address')
    }
  }
}

function* validateSpec(spec: IngressSpec, old: IngressSpec | undefined): Generator<Cause> {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec
  if (rules.length === 0 && defaultBackend === undefined) {
    yield invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')
  }
  if (defaultBackend !== undefined) yield* validateBackend(defaultBackend, 'spec.defaultBackend')
  const toleratesWildcards = (old?.rules ?? []).some(isInvalidWildcard)
  for (const [index, rule] of rules.entries()) {
    yield* validateRule(rule, `spec.rules[${index}]`, toleratesWildcards)
  }
  const toleratesSecrets = (old?.tls ?? []).some(({ secretName = '' }) => problemsOfSecret(secretName).length > 0)
  for (const [index, one] of tls.entries()) yield* validateTls(one, `spec.tls[${index}]`, toleratesSecrets)
  if (ingressClassName !== undefined) {
    yield* invalidFor('spec.ingressClassName', ingressClassName, nameIsDnsSubdomain(ingressClassName))
  }
}

function* validateRule({ host = '', http }: IngressRule, field: string, toleratesWildcards: boolean): Generator<Cause> {
  const isWildcard = host.includes('*')
  if (parseIp(host) !== undefined) {
    yield invalidValue(`${field}.host`, host, 'must be a DNS name, not an IP address')
  }
  if (host !== '') yield* validateHost(host, `${field}.host`)
  if (http !== undefined && !(isWildcard && toleratesWildcards)) yield* validateHttpRule(http, `${field}.http`)
}

/** Paths below hosts with a wildcard were once not looked at; what was stored then may stay. */
function isInvalidWildcard({ host = '', http }: IngressRule): boolean {
  return host.includes('*') && http !== undefined && validateHttpRule(http, '').next().done !== true
}

function* validateTls(
  { hosts = [], secretName = '' }: IngressTLS,
  field: string,
  toleratesSecrets: boolean,
): Generator<Cause> {
  for (const [index, host] of hosts.entries()) yield* validateHost(host, `${field}.hosts[${index}]`)
  if (!toleratesSecrets) yield* invalidFor(`${field}.secretName`, secretName, problemsOfSecret(secretName))
}

function* validateHost(host: string, field: string): Generator<Cause> {
  const check = host.includes('*') ? validateWildcardDns1123Subdomain : validateDns1123Subdomain
  yield* invalidFor(field, host, check(host))
}

function problemsOfSecret(name: string): readonly string[] {
  return name === '' ? [] : nameIsDnsSubdomain(name)
}
