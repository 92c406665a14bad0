import { isLongerThan, maxCharactersMessage, NO_PROBLEMS, patternMessage } from './messages.ts'

/** k8s.io/apimachinery pkg/util/validation/validation.go. Each check returns what is wrong; nothing means valid. */
const DNS_1123_LABEL_LENGTH_MAX = 63
export const DNS_1123_SUBDOMAIN_LENGTH_MAX = 253
const DNS_1035_LABEL_LENGTH_MAX = 63

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const LABEL_WITH_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const SUBDOMAIN_WITH_UNDERSCORE = `${LABEL_WITH_UNDERSCORE}(\\.${LABEL_WITH_UNDERSCORE})*`
const DNS_1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?'
const WILDCARD_SUBDOMAIN = `\\*\\.${SUBDOMAIN}`

const LABEL_REGEXP = new RegExp(`^${LABEL}$`)
const SUBDOMAIN_REGEXP = new RegExp(`^${SUBDOMAIN}$`)
const SUBDOMAIN_WITH_UNDERSCORE_REGEXP = new RegExp(`^${SUBDOMAIN_WITH_UNDERSCORE}$`)
const DNS_1035_LABEL_REGEXP = new RegExp(`^${DNS_1035_LABEL}$`)
const WILDCARD_SUBDOMAIN_REGEXP = new RegExp(`^${WILDCARD_SUBDOMAIN}$`)

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const SUBDOMAIN_WITH_UNDERSCORE_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
const DNS_1035_LABEL_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
const WILDCARD_SUBDOMAIN_RULE =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"

export function validateDns1123Label(value: string): readonly string[] {
  return problems(value, DNS_1123_LABEL_LENGTH_MAX, LABEL_REGEXP, () =>
    SUBDOMAIN_REGEXP.test(value) ? 'must not contain dots' : patternMessage(LABEL_RULE, LABEL, 'my-name', '123-abc'),
  )
}

export function validateDns1123Subdomain(value: string): readonly string[] {
  return problems(value, DNS_1123_SUBDOMAIN_LENGTH_MAX, SUBDOMAIN_REGEXP, () =>
    patternMessage(SUBDOMAIN_RULE, SUBDOMAIN, 'example.com'),
  )
}

export function validateDns1123SubdomainWithUnderscore(value: string): readonly string[] {
  return problems(value, DNS_1123_SUBDOMAIN_LENGTH_MAX, SUBDOMAIN_WITH_UNDERSCORE_REGEXP, () =>
    patternMessage(SUBDOMAIN_WITH_UNDERSCORE_RULE, SUBDOMAIN_WITH_UNDERSCORE, 'example.com'),
  )
}

export function validateDns1035Label(value: string): readonly string[] {
  return problems(value, DNS_1035_LABEL_LENGTH_MAX, DNS_1035_LABEL_REGEXP, () =>
    patternMessage(DNS_1035_LABEL_RULE, DNS_1035_LABEL, 'my-name', 'abc-123'),
  )
}

export function validateWildcardDns1123Subdomain(value: string): readonly string[] {
  return problems(value, DNS_1123_SUBDOMAIN_LENGTH_MAX, WILDCARD_SUBDOMAIN_REGEXP, () =>
    patternMessage(WILDCARD_SUBDOMAIN_RULE, WILDCARD_SUBDOMAIN, '*.example.com'),
  )
}

function problems(value: string, lengthMax: number, regexp: RegExp, explain: () => string): readonly string[] {
  const tooLong = isLongerThan(value, lengthMax)
  const malformed = !regexp.test(value)
  if (!tooLong && !malformed) return NO_PROBLEMS
  return [...(tooLong ? [maxCharactersMessage(lengthMax)] : []), ...(malformed ? [explain()] : [])]
}
