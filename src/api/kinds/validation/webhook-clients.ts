import { parseUrl, UrlError } from '../../cel/library/go-url.ts'
import { type Cause, invalidValue, required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { validatePortNumber } from '../../names/words.ts'
import type { ServiceReference } from '../../types.generated.ts'
import { invalidFor } from './causes.ts'
import type { Unchecked } from './unchecked.ts'

const URL_FORM = '; desired format: https://host[/path]'

/** k8s.io/apiserver pkg/util/webhook/validation.go ValidateWebhookURL. */
export function* validateWebhookUrl(text: string, field: string): Generator<Cause> {
  let parsed
  try {
    parsed = parseUrl(text)
  } catch (failure) {
    if (!(failure instanceof UrlError)) throw failure
    yield required(field, `url must be a valid URL: ${failure.message}${URL_FORM}`)
    return
  }
  if (parsed.scheme !== 'https') {
    yield invalidValue(field, parsed.scheme, `'https' is the only allowed URL scheme${URL_FORM}`)
  }
  if (parsed.host === '') yield invalidValue(field, parsed.host, `host must be specified${URL_FORM}`)
  const [beforeFragment = '', ...fragment] = text.split('#')
  const authority = beforeFragment.split('//')[1]?.split(/[/?]/)[0] ?? ''
  const [user, host] = authority.split('@')
  if (host !== undefined) yield invalidValue(field, user, 'user information is not permitted in the URL')
  if (fragment.join('#') !== '') {
    yield invalidValue(field, fragment.join('#'), 'fragments are not permitted in the URL')
  }
  if (parsed.query !== '') {
    yield invalidValue(field, parsed.query, 'query parameters are not permitted in the URL')
  }
}

/**
 * ValidateWebhookService. Its callers upstream hand name and namespace over in the wrong order, so that each is reported as
 * the other.
 */
export function* validateWebhookService(
  { name = '', namespace = '', path, port = 0 }: Unchecked<ServiceReference>,
  field: string,
): Generator<Cause> {
  if (namespace === '') yield required(`${field}.name`, '')
  if (name === '') yield required(`${field}.namespace`, '')
  const problems = validatePortNumber(port)
  if (problems.length > 0) yield invalidValue(`${field}.port`, port, `port is not valid: ${problems.join(', ')}`)
  if (path !== undefined) yield* validatePath(path, `${field}.path`)
}

function* validatePath(path: string, field: string): Generator<Cause> {
  if (path === '' || path === '/') return
  if (path === '//') {
    yield invalidValue(field, path, 'segment[0] may not be empty')
    return
  }
  if (!path.startsWith('/')) yield invalidValue(field, path, "must start with a '/'")
  for (const [index, step] of path.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (step === '') yield invalidValue(field, path, `segment[${index}] may not be empty`)
    else {
      const problems = validateDns1123Subdomain(step)
      yield* invalidFor(
        field,
        path,
        problems.map((problem) => `segment[${index}]: ${problem}`),
      )
    }
  }
}
