import { type Cause, invalidValue, required } from '../../errors.ts'
import { parseRequestUri, UrlError } from '../../cel/library/go-url.ts'
import type { InternalDefinition } from './internal-form.ts'

const ANNOTATION = 'api-approved.kubernetes.io'
const FIELD = `metadata.annotations[${ANNOTATION}]`
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** Whether a definition within the groups of the Kubernetes community says that it was approved. */
export interface Approval {
  readonly state: 'Approved' | 'Bypassed' | 'Invalid' | 'Missing'
  readonly reason: string
}

/** Undefined for groups that anyone may use. After k8s.io/apiextensions-apiserver pkg/apihelpers. */
export function approvalOf(
  group: string,
  annotations: Readonly<Record<string, string>> | undefined,
): Approval | undefined {
  const isProtected = ['k8s.io', 'kubernetes.io'].some((domain) => group === domain || group.endsWith(`.${domain}`))
  if (!isProtected) return undefined
  const text = annotations?.[ANNOTATION] ?? ''
  const must = `protected groups must have approval annotation ${JSON.stringify(ANNOTATION)}`
  if (text === '') return { state: 'Missing', reason: `${must}, ${SEE}` }
  if (text.startsWith('unapproved')) return { state: 'Bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  if (isUrl(text)) return { state: 'Approved', reason: `approved in ${text}` }
  return { state: 'Invalid', reason: `${must} with either a URL or a reason starting with "unapproved", ${SEE}` }
}

function isUrl(text: string): boolean {
  try {
    const { host, scheme } = parseRequestUri(text)
    return host !== '' && scheme !== ''
  } catch (failure) {
    if (failure instanceof UrlError) return false
    throw failure
  }
}

/** What was missing before may stay missing. */
export function* validateApproval(definition: InternalDefinition, old?: InternalDefinition): Generator<Cause> {
  const { annotations } = definition.metadata
  const group = definition.spec.group ?? ''
  const approval = approvalOf(group, annotations)
  if (approval === undefined) return
  if (old !== undefined && approvalOf(group, old.metadata.annotations)?.state === approval.state) return
  if (approval.state === 'Missing') yield required(FIELD, approval.reason)
  if (approval.state === 'Invalid') yield invalidValue(FIELD, annotations?.[ANNOTATION], approval.reason)
}
