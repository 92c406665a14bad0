import type { ApiObject } from '../../api/object.ts'
import { keyOf } from '../config/names.ts'
import { compareObjects } from '../config/ordered.ts'
import type { PolicyTarget, TargetReference } from '../config/types/policy-target.ts'

/** A workload, as policies select it. Pass the same object again and what was worked out for it is used again. */
export interface PolicySubject {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
}

interface TargetedPolicy extends ApiObject {
  readonly spec?: PolicyTarget
}

/** Policies of one kind, and what has been made of them. */
export interface PolicyIndex<Policy extends object, Compiled, ForSubject> {
  /** Oldest first. */
  readonly byNamespace: ReadonlyMap<string, readonly Policy[]>
  /** A policy is compiled once, however many workloads it is for and however often other policies change. */
  readonly compiled: WeakMap<Policy, Compiled>
  readonly forSubjects: WeakMap<PolicySubject, ForSubject>
  /** The same for all workloads that the same policies are for, by the names of these. */
  readonly forPolicies: Map<string, ForSubject>
}

/** Says that a workload is an instance of a Gateway of the Gateway API. */
const GATEWAY_LABEL = 'gateway.networking.k8s.io/gateway-name'
const GATEWAY_GROUP = 'gateway.networking.k8s.io'

/** `policies` are oldest first. */
export function indexPolicies<Policy extends TargetedPolicy, Compiled, ForSubject>(
  policies: readonly Policy[],
): PolicyIndex<Policy, Compiled, ForSubject> {
  return {
    byNamespace: Map.groupBy(policies, namespaceOf),
    compiled: new WeakMap(),
    forSubjects: new WeakMap(),
    forPolicies: new Map(),
  }
}

export function updatePolicies<Policy extends TargetedPolicy, Compiled, ForSubject>(
  index: PolicyIndex<Policy, Compiled, ForSubject>,
  { before, after }: { readonly before?: Policy | undefined; readonly after?: Policy | undefined },
): PolicyIndex<Policy, Compiled, ForSubject> {
  const byNamespace = new Map(index.byNamespace)
  const listOf = (policy: Policy) => byNamespace.get(namespaceOf(policy)) ?? []
  if (before !== undefined) {
    const { name } = before.metadata
    byNamespace.set(
      namespaceOf(before),
      listOf(before).filter(({ metadata }) => metadata.name !== name),
    )
  }
  if (after !== undefined) byNamespace.set(namespaceOf(after), [...listOf(after), after].toSorted(compareObjects))
  return { byNamespace, compiled: index.compiled, forSubjects: new WeakMap(), forPolicies: new Map() }
}

function namespaceOf({ metadata }: TargetedPolicy): string {
  return metadata.namespace ?? 'default'
}

/** What is made of the policies that are for a workload: made once, unless it is out of date for another reason. */
export function madeFor<Policy extends TargetedPolicy, Compiled, ForSubject>(
  index: PolicyIndex<Policy, Compiled, ForSubject>,
  subject: PolicySubject,
  options: {
    readonly rootNamespace: string
    isFresh(made: ForSubject): boolean
    make(policies: readonly Policy[]): ForSubject
  },
): ForSubject {
  const known = index.forSubjects.get(subject)
  if (known !== undefined && options.isFresh(known)) return known
  const policies = policiesFor(index, subject, options.rootNamespace)
  const names = policies.map(keyOf).join()
  const shared = index.forPolicies.get(names)
  const made = shared !== undefined && options.isFresh(shared) ? shared : options.make(policies)
  index.forSubjects.set(subject, made)
  index.forPolicies.set(names, made)
  return made
}

/** The policies of the root namespace and then those of the workload's own that are for it. */
export function policiesFor<Policy extends TargetedPolicy, Compiled, ForSubject>(
  { byNamespace }: PolicyIndex<Policy, Compiled, ForSubject>,
  subject: PolicySubject,
  rootNamespace: string,
): readonly Policy[] {
  const namespaces = new Set([rootNamespace, subject.namespace])
  return [...namespaces].flatMap((namespace) =>
    (byNamespace.get(namespace) ?? []).filter(({ spec = {} }) => isFor(spec, { subject, namespace })),
  )
}

/** References to targets only attach to gateways of the Gateway API. Rules: istio/istio pilot/pkg/model/policyattachment.go. */
function isFor(
  { selector, targetRef, targetRefs = [] }: PolicyTarget,
  { subject, namespace }: { readonly subject: PolicySubject; readonly namespace: string },
): boolean {
  const references = targetRefs.length > 0 || targetRef === undefined ? targetRefs : [targetRef]
  if (references.length === 0) {
    return Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => subject.labels[key] === value)
  }
  const gateway = subject.labels[GATEWAY_LABEL]
  if (gateway === undefined || namespace !== subject.namespace) return false
  return references.some((reference) => isGateway(reference, { name: gateway, namespace }))
}

function isGateway(
  reference: TargetReference,
  gateway: { readonly name: string; readonly namespace: string },
): boolean {
  const { group, kind, name, namespace = '' } = reference
  if (group !== GATEWAY_GROUP || kind !== 'Gateway' || name !== gateway.name) return false
  return namespace === '' || namespace === gateway.namespace
}
