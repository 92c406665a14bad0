import { goQuote } from '../../../../base/go-quote.ts'
import type { Labels } from './labels.ts'
import { countOf, error, isGiven, type Maybe, type Problem, warning } from './problem.ts'

/** Which workloads a policy is for. */
export interface PolicySelector {
  readonly matchLabels?: Maybe<Labels>
}

/** Which workloads a networking object is for: the older form. */
export interface WorkloadSelector {
  readonly labels?: Maybe<Labels>
}

/** What else than workloads a policy may be for. */
export interface TargetReference {
  readonly group?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
}

/** A policy says whom it is for in one of three ways. */
export interface Targeted {
  readonly selector?: Maybe<PolicySelector>
  readonly targetRef?: Maybe<TargetReference>
  readonly targetRefs?: Maybe<readonly Maybe<TargetReference>[]>
}

const WITHOUT_LABELS = 'workload selector specified without labels'

export function* validateTargets({ selector, targetRef, targetRefs }: Targeted): Generator<Problem> {
  const ways = [isGiven(selector), isGiven(targetRef), countOf(targetRefs) > 0]
  if (ways.filter(Boolean).length > 1) yield error('only one of targetRefs or workloadSelector can be set')
  yield* validatePolicySelector(selector)
  for (const reference of [targetRef, ...(targetRefs ?? [])]) yield* validateTargetReference(reference)
}

export function* validatePolicySelector(selector: Maybe<PolicySelector>): Generator<Problem> {
  if (!isGiven(selector)) return
  yield* validateSelected(selector.matchLabels)
  if (countOf(selector.matchLabels) === 0) yield warning(WITHOUT_LABELS)
}

/** The older form; `kind` is how upstream's warning begins. */
export function* validateWorkloadSelector(selector: Maybe<WorkloadSelector>, kind: string): Generator<Problem> {
  if (!isGiven(selector)) return
  yield* validateSelected(selector.labels)
  if (countOf(selector.labels) > 0) return
  yield warning(`${kind}: ${WITHOUT_LABELS}, will be applied to all services in namespace`)
}

function* validateSelected(labels: Maybe<Labels>): Generator<Problem> {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const printed = goQuote(`${key}=${value}`)
    if (key === '') yield error(`empty key is not supported in selector: ${printed}`)
    if (`${key}${value}`.includes('*')) yield error(`wildcard is not supported in selector: ${printed}`)
  }
}

/** What a policy may be for, as upstream prints it (istio/istio pkg/config/validation/validation.go allowedTargetRefs). */
export const TARGETS_ALLOWED = [
  'core/v1/Service',
  'networking.istio.io/v1/ServiceEntry',
  'gateway.networking.k8s.io/v1/Gateway',
  'gateway.networking.k8s.io/v1/GatewayClass',
] as const

function* validateTargetReference(reference: Maybe<TargetReference>): Generator<Problem> {
  if (!isGiven(reference)) return
  const { group = '', kind = '', name = '', namespace = '' } = reference
  if (name === '') yield error('targetRef name must be set')
  if (namespace !== '') {
    yield error('targetRef namespace must not be set; cross namespace referencing is not supported')
  }
  const wanted = `${group === '' ? 'core' : group}/v1/${kind}`
  if (TARGETS_ALLOWED.some((allowed) => allowed === wanted)) return
  yield error(`targetRef must be to one of [${TARGETS_ALLOWED.join(' ')}] but was ${group}/${kind}`)
}
