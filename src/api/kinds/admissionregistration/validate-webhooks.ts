import { deepEqual } from '../../../base/equal.ts'
import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1035Label } from '../../names/dns.ts'
import { validateFullyQualifiedName } from '../../names/domains.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { ObjectMeta } from '../../object.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { MutatingWebhook, ValidatingWebhook, WebhookClientConfig } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateWebhookService, validateWebhookUrl } from '../validation/webhook-clients.ts'
import { validateMatchConditions } from './validate-match-conditions.ts'
import { validateResourceRule } from './validate-resource-rules.ts'

export const FAILURE_POLICIES: readonly string[] = ['Fail', 'Ignore']
export const MATCH_POLICIES: readonly string[] = ['Equivalent', 'Exact']
const REINVOCATION_POLICIES: readonly string[] = ['IfNeeded', 'Never']
const SIDE_EFFECTS: readonly string[] = ['None', 'NoneOnDryRun', 'Some', 'Unknown']
const NO_SIDE_EFFECTS: readonly string[] = ['None', 'NoneOnDryRun']
const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1']
const REVIEW_VERSION_LIST = REVIEW_VERSIONS.join(', ')
const TIMEOUT_MAX_SECONDS = 30

type Webhook = ValidatingWebhook | MutatingWebhook

interface WebhookConfiguration {
  readonly metadata: ObjectMeta
  readonly webhooks?: readonly Webhook[]
}

/** What updates may leave as it was stored in days of other rules. */
interface Tolerance {
  readonly sideEffects: boolean
  readonly reviewVersions: boolean
  readonly equalNames: boolean
  readonly labelValues: boolean
  readonly matchConditions: boolean
}

const STRICT: Tolerance = {
  sideEffects: false,
  reviewVersions: false,
  equalNames: false,
  labelValues: false,
  matchConditions: false,
}

/**
 * pkg/apis/admissionregistration/validation/validation.go validateValidatingWebhookConfiguration and
 * validateMutatingWebhookConfiguration.
 */
export function* validateWebhooks(
  { metadata, webhooks = [] }: WebhookConfiguration,
  old?: WebhookConfiguration,
): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain, allowAnyFinalizer: true })
  const tolerance = old === undefined ? STRICT : toleranceOf(old.webhooks ?? [], webhooks)
  const names = new Set<string>()
  for (const [index, webhook] of webhooks.entries()) {
    const { name = '', admissionReviewVersions = [] } = unchecked(webhook)
    const field = `webhooks[${index}]`
    yield* validateWebhook(webhook, field, tolerance)
    yield* validateReviewVersions(admissionReviewVersions, `${field}.admissionReviewVersions`, tolerance)
    if (tolerance.equalNames || name === '') continue
    if (names.has(name)) yield duplicate(`${field}.name`, name)
    names.add(name)
  }
}

function toleranceOf(stored: readonly Webhook[], webhooks: readonly Webhook[]): Tolerance {
  return {
    sideEffects: stored.some(({ sideEffects }) => !NO_SIDE_EFFECTS.includes(sideEffects)),
    reviewVersions: stored.some(
      ({ admissionReviewVersions: versions }) => versions.length > 0 && !versions.some(isKnownReviewVersion),
    ),
    equalNames: new Set(stored.map(({ name }) => name)).size < stored.length,
    labelValues: stored.some((webhook) => validateSelectors(webhook, '', STRICT).next().done !== true),
    matchConditions:
      stored.length === webhooks.length &&
      stored.every(({ matchConditions }, index) => deepEqual(matchConditions, webhooks[index]?.matchConditions)),
  }
}

function* validateWebhook(webhook: Webhook, field: string, tolerance: Tolerance): Generator<Cause> {
  const { name = '', rules = [], failurePolicy, matchPolicy, sideEffects, timeoutSeconds } = unchecked(webhook)
  yield* validateFullyQualifiedName(name, `${field}.name`)
  for (const [index, rule] of rules.entries()) yield* validateResourceRule(rule, `${field}.rules[${index}]`)
  yield* validateOptionalChoice(failurePolicy, `${field}.failurePolicy`, FAILURE_POLICIES)
  yield* validateOptionalChoice(matchPolicy, `${field}.matchPolicy`, MATCH_POLICIES)
  const allowed = tolerance.sideEffects ? SIDE_EFFECTS : NO_SIDE_EFFECTS
  if (sideEffects === undefined) yield required(`${field}.sideEffects`, `must specify one of ${allowed.join(', ')}`)
  else if (!allowed.includes(sideEffects)) yield notSupported(`${field}.sideEffects`, sideEffects, allowed)
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > TIMEOUT_MAX_SECONDS)) {
    const rule = `the timeout value must be between 1 and ${TIMEOUT_MAX_SECONDS} seconds`
    yield invalidValue(`${field}.timeoutSeconds`, timeoutSeconds, rule)
  }
  yield* validateSelectors(webhook, field, tolerance)
  if ('reinvocationPolicy' in webhook) {
    yield* validateOptionalChoice(webhook.reinvocationPolicy, `${field}.reinvocationPolicy`, REINVOCATION_POLICIES)
  }
  yield* validateClient(unchecked(webhook).clientConfig ?? {}, `${field}.clientConfig`)
  if (tolerance.matchConditions) return
  yield* validateMatchConditions(webhook.matchConditions ?? [], `${field}.matchConditions`, { hasParams: false })
}

function* validateSelectors(
  { namespaceSelector, objectSelector }: Webhook,
  field: string,
  { labelValues: allowInvalidValues }: Tolerance,
): Generator<Cause> {
  yield* validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`, { allowInvalidValues })
  yield* validateLabelSelector(objectSelector, `${field}.objectSelector`, { allowInvalidValues })
}

function* validateClient({ url, service }: Unchecked<WebhookClientConfig>, field: string): Generator<Cause> {
  if (url !== undefined && service === undefined) yield* validateWebhookUrl(url, `${field}.url`)
  else if (url === undefined && service !== undefined) yield* validateWebhookService(service, `${field}.service`)
  else yield required(field, 'exactly one of url or service is required')
}

function* validateReviewVersions(
  versions: readonly string[],
  field: string,
  { reviewVersions: toleratesUnknown }: Tolerance,
): Generator<Cause> {
  if (versions.length === 0) {
    yield required(field, `must specify one of ${REVIEW_VERSION_LIST}`)
    return
  }
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) yield invalidValue(`${field}[${index}]`, version, 'duplicate version')
    else yield* invalidFor(`${field}[${index}]`, version, validateDns1035Label(version))
  }
  if (!toleratesUnknown && !versions.some(isKnownReviewVersion)) {
    yield invalidValue(field, versions, `must include at least one of ${REVIEW_VERSION_LIST}`)
  }
}

function isKnownReviewVersion(version: string): boolean {
  return REVIEW_VERSIONS.includes(version)
}
