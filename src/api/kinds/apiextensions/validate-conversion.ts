import { X509Certificate } from 'node:crypto'
import { type Cause, forbiddenField, invalidValue, required } from '../../errors.ts'
import { parseUrl, UrlError } from '../../cel/library/go-url.ts'
import { validateDns1035Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { validatePortNumber } from '../../names/words.ts'
import type { ApiextensionsServiceReference, ApiextensionsWebhookClientConfig } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice } from '../validation/choices.ts'
import type { Unchecked } from '../validation/unchecked.ts'
import type { InternalConversion } from './internal-form.ts'

export interface ConversionRules {
  /** The webhook must speak a version of ConversionReview that servers know. */
  readonly requireRecognizedReviewVersion: boolean
  readonly allowInvalidCaBundle: boolean
}

const STRATEGIES = ['None', 'Webhook']
const REVIEW_VERSIONS = ['v1', 'v1beta1']
const URL_FORM = '; desired format: https://host[/path]'

export function* validateConversion(
  { strategy, webhookClientConfig: client, conversionReviewVersions: versions = [] }: InternalConversion,
  field: string,
  rules: ConversionRules,
): Generator<Cause> {
  yield* validateChoice(strategy, `${field}.strategy`, STRATEGIES)
  const clientField = `${field}.webhookClientConfig`
  const versionsField = `${field}.conversionReviewVersions`
  if (strategy !== 'Webhook') {
    const rule = 'should not be set when strategy is not set to Webhook'
    if (client !== undefined) yield forbiddenField(clientField, rule)
    if (versions.length > 0) yield forbiddenField(versionsField, rule)
    return
  }
  if (client === undefined) yield required(clientField, 'required when strategy is set to Webhook')
  else yield* validateClient(client, clientField, rules)
  yield* validateReviewVersions(versions, versionsField, rules)
}

function* validateClient(
  { url, service, caBundle = '' }: Unchecked<ApiextensionsWebhookClientConfig>,
  field: string,
  rules: ConversionRules,
): Generator<Cause> {
  if (url !== undefined && service === undefined) yield* validateUrl(url, `${field}.url`)
  else if (url === undefined && service !== undefined) yield* validateService(service, `${field}.service`)
  else yield required(field, 'exactly one of url or service is required')
  if (caBundle === '' || rules.allowInvalidCaBundle) return
  const problem = caBundleProblem(caBundle)
  if (problem !== undefined) yield invalidValue(`${field}.caBundle`, caBundle, problem)
}

/** k8s.io/apiserver pkg/util/webhook/validation.go */
function* validateUrl(text: string, field: string): Generator<Cause> {
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

/** Upstream hands name and namespace over in the wrong order, so that each is reported as the other. */
function* validateService(
  { name = '', namespace = '', path, port = 0 }: Unchecked<ApiextensionsServiceReference>,
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

/** What is wrong with certificates that are to be trusted: base64 of PEM. */
export function caBundleProblem(caBundle: string): string | undefined {
  const pem = Buffer.from(caBundle, 'base64').toString('latin1')
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g)
  if (blocks === null) return 'unable to load root certificates: unable to parse bytes as PEM block'
  let problem = ''
  for (const block of blocks) {
    try {
      new X509Certificate(block)
      return undefined
    } catch (failure) {
      problem ||= failure instanceof Error ? failure.message : String(failure)
    }
  }
  return `unable to load root certificates: failed to parse certificate: ${problem}`
}

function* validateReviewVersions(
  versions: readonly string[],
  field: string,
  { requireRecognizedReviewVersion }: ConversionRules,
): Generator<Cause> {
  if (versions.length === 0) {
    yield required(field, '')
    return
  }
  for (const [index, version] of versions.entries()) {
    const at = `${field}[${index}]`
    if (versions.indexOf(version) < index) yield invalidValue(at, version, 'duplicate version')
    else yield* invalidFor(at, version, validateDns1035Label(version))
  }
  if (requireRecognizedReviewVersion && !versions.some(isRecognizedReviewVersion)) {
    yield invalidValue(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)
  }
}

export function isRecognizedReviewVersion(version: string): boolean {
  return REVIEW_VERSIONS.includes(version)
}
