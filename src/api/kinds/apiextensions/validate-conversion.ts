import { X509Certificate } from 'node:crypto'
import { type Cause, forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateDns1035Label } from '../../names/dns.ts'
import type { ApiextensionsWebhookClientConfig } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice } from '../validation/choices.ts'
import type { Unchecked } from '../validation/unchecked.ts'
import { validateWebhookService, validateWebhookUrl } from '../validation/webhook-clients.ts'
import type { InternalConversion } from './internal-form.ts'

export interface ConversionRules {
  /** The webhook must speak a version of ConversionReview that servers know. */
  readonly requireRecognizedReviewVersion: boolean
  readonly allowInvalidCaBundle: boolean
}

const STRATEGIES = ['None', 'Webhook']
const REVIEW_VERSIONS = ['v1', 'v1beta1']

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
  if (url !== undefined && service === undefined) yield* validateWebhookUrl(url, `${field}.url`)
  else if (url === undefined && service !== undefined) yield* validateWebhookService(service, `${field}.service`)
  else yield required(field, 'exactly one of url or service is required')
  if (caBundle === '' || rules.allowInvalidCaBundle) return
  const problem = caBundleProblem(caBundle)
  if (problem !== undefined) yield invalidValue(`${field}.caBundle`, caBundle, problem)
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
