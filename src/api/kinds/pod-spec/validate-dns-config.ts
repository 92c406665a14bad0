import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import { validateDns1123Subdomain, validateDns1123SubdomainWithUnderscore } from '../../names/dns.ts'
import { validateLegacyIp } from '../../names/ip.ts'
import type { HostAlias, PodDNSConfig, PodSpec } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'

/** The limits of libc's resolver: pkg/apis/core/validation/validation.go MaxDNSNameservers and its neighbours. */
const NAMESERVERS_MAX = 3
const SEARCH_PATHS_MAX = 32
const SEARCH_LENGTH_MAX = 2048

/** validatePodDNSConfig. */
export function* validateDnsConfig({ dnsConfig, dnsPolicy }: PodSpec, field: string): Generator<Cause> {
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) {
      yield required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')
      return
    }
    if ((dnsConfig.nameservers ?? []).length === 0) {
      yield required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')
      return
    }
  }
  if (dnsConfig !== undefined) yield* validateConfig(dnsConfig, field)
}

export function* validateHostAliases(aliases: readonly HostAlias[], field: string): Generator<Cause> {
  for (const [index, { ip = '', hostnames = [] }] of aliases.entries()) {
    yield* validateLegacyIp(ip, `${field}[${index}].ip`)
    for (const [at, hostname] of hostnames.entries()) {
      yield* invalidFor(`${field}[${index}].hostnames[${at}]`, hostname, validateDns1123Subdomain(hostname))
    }
  }
}

function* validateConfig(
  { nameservers = [], searches = [], options = [] }: PodDNSConfig,
  field: string,
): Generator<Cause> {
  if (nameservers.length > NAMESERVERS_MAX) {
    yield invalidValue(`${field}.nameservers`, nameservers, `must not have more than ${NAMESERVERS_MAX} nameservers`)
  }
  for (const [index, server] of nameservers.entries()) yield* validateLegacyIp(server, `${field}.nameservers[${index}]`)
  if (searches.length > SEARCH_PATHS_MAX) {
    yield invalidValue(`${field}.searches`, searches, `must not have more than ${SEARCH_PATHS_MAX} search paths`)
  }
  if (searches.join(' ').length > SEARCH_LENGTH_MAX) {
    const rule = `must not have more than ${SEARCH_LENGTH_MAX} characters (including spaces) in the search list`
    yield invalidValue(`${field}.searches`, searches, rule)
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue
    const name = search.endsWith('.') ? search.slice(0, -1) : search
    yield* invalidFor(`${field}.searches[${index}]`, name, validateDns1123SubdomainWithUnderscore(name))
  }
  for (const [index, { name = '' }] of options.entries()) {
    if (name === '') yield required(`${field}.options[${index}]`, 'must not be empty')
  }
}
