import type { Cause } from '../../errors.ts'
import { invalidValue, required, tooLong } from '../../errors.ts'
import { DNS_1123_SUBDOMAIN_LENGTH_MAX, validateDns1123Label, validateDns1123Subdomain } from '../../names/dns.ts'

const LABEL_LENGTH_MAX = 63
/** The path must have room for the namespace and the name of an object, with a dot between them. */
const PATH_LENGTH_MAX = DNS_1123_SUBDOMAIN_LENGTH_MAX + LABEL_LENGTH_MAX + 1
const NAME_LENGTH_MAX = DNS_1123_SUBDOMAIN_LENGTH_MAX + 1 + PATH_LENGTH_MAX

/** pkg/apis/core/validation/names.go ValidateSignerName: `example.com/signer-name`. */
export function* validateSignerName(name: string, field: string): Generator<Cause> {
  if (name === '') {
    yield required(field, '')
    return
  }
  const [domain = '', path, ...rest] = name.split('/')
  if (path === undefined || rest.length > 0) {
    const rule = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
    yield invalidValue(field, name, rule)
    return
  }
  if (domain.length > DNS_1123_SUBDOMAIN_LENGTH_MAX) yield tooLong(field, DNS_1123_SUBDOMAIN_LENGTH_MAX)
  yield* validateLabels(domain, field, validateDns1123Label)
  if (!domain.includes('.')) {
    yield invalidValue(field, domain, 'should be a domain with at least two segments separated by dots')
  }
  yield* validateLabels(path, field, validateDns1123Subdomain)
  if (name.length > NAME_LENGTH_MAX) yield tooLong(field, NAME_LENGTH_MAX)
}

/** Only the first bad label is told: what is wrong with others would read the same. */
function* validateLabels(
  segment: string,
  field: string,
  check: (label: string) => readonly string[],
): Generator<Cause> {
  const bad = segment.split('.').find((label) => check(label).length > 0)
  if (bad === undefined) return
  for (const problem of check(bad)) {
    yield invalidValue(field, segment, `validating label ${JSON.stringify(bad)}: ${problem}`)
  }
}
