import type { Cause } from '../errors.ts'
import { invalidValue, required } from '../errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from './dns.ts'
import { validateQualifiedName } from './labels.ts'
import { patternMessage } from './messages.ts'

/** Names that must have a domain: k8s.io/apimachinery pkg/util/validation/validation.go. */
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const HTTP_PATH_REGEXP = new RegExp(`^${HTTP_PATH}$`)

/** `example.k8s.io`: a signer, a driver. At least three segments. */
export function validateFullyQualifiedName(name: string, field: string): readonly Cause[] {
  if (name === '') return [required(field, '')]
  const problems = validateDns1123Subdomain(name)
  if (problems.length > 0) return [invalidValue(field, name, problems.join(','))]
  if (name.split('.').length >= 3) return []
  return [invalidValue(field, name, 'should be a domain with at least three segments separated by dots')]
}

/** `example.com` or `example.com.`: at least two segments, each of them a DNS label. */
export function validateFullyQualifiedDomainName(name: string, field: string): readonly Cause[] {
  if (name === '') return [required(field, '')]
  const domain = name.endsWith('.') ? name.slice(0, -1) : name
  const problems = validateDns1123Subdomain(domain)
  if (problems.length > 0) return [invalidValue(field, domain, problems.join(','))]
  const labels = domain.split('.')
  if (labels.length < 2) {
    return [invalidValue(field, domain, 'should be a domain with at least two segments separated by dots')]
  }
  const bad = labels.find((label) => validateDns1123Label(label).length > 0)
  return bad === undefined ? [] : [invalidValue(field, bad, validateDns1123Label(bad).join(','))]
}

/** `acme.io/foo`, where the part behind the slash is a path of a URL. */
export function validateDomainPrefixedPath(path: string, field: string): readonly Cause[] {
  if (path === '') return [required(field, '')]
  const slash = path.indexOf('/')
  if (slash <= 0 || slash === path.length - 1) {
    return [invalidValue(field, path, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const host = path.slice(0, slash)
  const rest = path.slice(slash + 1)
  const causes = validateDns1123Subdomain(host).map((problem) => invalidValue(field, host, problem))
  if (HTTP_PATH_REGEXP.test(rest)) return causes
  return [...causes, invalidValue(field, rest, patternMessage('Invalid path', HTTP_PATH))]
}

/** `acme.io/foo`, where the part behind the slash is a name. */
export function validateDomainPrefixedKey(key: string, field: string): readonly Cause[] {
  if (key === '') return [required(field, '')]
  const problems = validateQualifiedName(key)
  if (problems.length > 0) return problems.map((problem) => invalidValue(field, key, problem))
  return key.includes('/') ? [] : [invalidValue(field, key, 'must be a domain-prefixed key (such as "acme.io/foo")')]
}
