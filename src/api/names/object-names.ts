import { validateDns1035Label, validateDns1123Label, validateDns1123Subdomain } from './dns.ts'

/**
 * What a kind demands of `metadata.name`: k8s.io/apimachinery pkg/api/validation/generic.go and path/name.go.
 * With `prefix` the text is a `generateName`, to which a suffix will be added, so that it may end in a dash.
 */
export type ObjectNameRule = (name: string, options?: { readonly prefix?: boolean }) => readonly string[]

/** Most kinds. */
export const nameIsDnsSubdomain: ObjectNameRule = (name, { prefix = false } = {}) =>
  validateDns1123Subdomain(prefix ? maskTrailingDash(name) : name)

/** Namespaces, and whatever becomes a host name. */
export const nameIsDnsLabel: ObjectNameRule = (name, { prefix = false } = {}) =>
  validateDns1123Label(prefix ? maskTrailingDash(name) : name)

/** Services of old. */
export const nameIsDns1035Label: ObjectNameRule = (name, { prefix = false } = {}) =>
  validateDns1035Label(prefix ? maskTrailingDash(name) : name)

/** Roles and their bindings: anything that can stand in a URL. */
export const nameIsPathSegment: ObjectNameRule = (name, { prefix = false } = {}) => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}
