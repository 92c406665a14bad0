/*
 * A mesh may have several names: its trust domain and the aliases of that. Identities of policies that say one of them
 * mean all. Rules: istio/istio pilot/pkg/security/trustdomain/bundle.go.
 */

/** Every mesh answers to it, whatever it is called. */
const LOCAL_DOMAIN = 'cluster.local'

/** An identity has so many parts; what has others says nothing of a trust domain. */
const PARTS = 5

/** The own trust domain first, then its aliases. */
export function withAliases(principals: readonly string[], trustDomains: readonly string[]): readonly string[] {
  return principals.flatMap((principal) => {
    const parts = principal.split('/')
    const [domain = '', ...identity] = parts
    if (parts.length !== PARTS || domain === '*') return [principal]
    if (domain !== LOCAL_DOMAIN && !trustDomains.some((known) => overlap(domain, known))) return [principal]
    return unique(trustDomains.map((known) => (endsAs(known, domain) ? principal : [known, ...identity].join('/'))))
  })
}

export function domainsWithAliases(values: readonly string[], trustDomains: readonly string[]): readonly string[] {
  return unique(values.flatMap((value) => (trustDomains.includes(value) ? trustDomains : [value])))
}

/** Either may have a star at its start or its end. */
function overlap(a: string, b: string): boolean {
  return a === b || b === '*' || startsAs(a, b) || startsAs(b, a) || endsAs(a, b) || endsAs(b, a)
}

function startsAs(text: string, pattern: string): boolean {
  return pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1))
}

function endsAs(text: string, pattern: string): boolean {
  return pattern.startsWith('*') && text.endsWith(pattern.slice(1))
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
