import type { Verdict } from '../../mesh/authorize/verdict.ts'
import { compareObjects } from '../../mesh/config/ordered.ts'
import type { AuthorizationPolicy } from '../../mesh/config/types/authorization-policy.ts'
import type { MeshModel } from './mesh-model.ts'
import { type Place, titleOf } from './places.ts'
import { type MeshWorkload, selects } from './workloads.ts'

/** Policies that select a workload: of the root namespace, then of its own; of each the oldest first. */
export function policiesOf({ snapshot }: MeshModel, target: MeshWorkload): readonly AuthorizationPolicy[] {
  const all = [...(snapshot.objects.get('AuthorizationPolicy')?.values() ?? [])] as readonly AuthorizationPolicy[]
  return [...new Set([snapshot.mesh.rootNamespace, target.namespace])].flatMap((namespace) =>
    all
      .filter(({ metadata }) => (metadata.namespace ?? 'default') === namespace)
      .filter(({ spec }) => spec?.targetRef === undefined && (spec?.targetRefs ?? []).length === 0)
      .filter(({ spec }) => selects(spec?.selector?.matchLabels ?? {}, target.labels))
      .toSorted(compareObjects),
  )
}

/** What was said of a call, and who said so. */
export interface Decided {
  readonly allowed: boolean
  readonly reason: string
  /** As in `AuthorizationPolicy fintech/payment-authorization`. */
  readonly policy?: string
  readonly rule?: number
  readonly place?: Place
}

export function whoDecided(
  model: MeshModel,
  target: MeshWorkload,
  { allowed, reason, policy, rule }: Verdict,
): Decided {
  const object = policiesOf(model, target).find(
    ({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name}` === policy,
  )
  return {
    allowed,
    reason,
    ...(object && { policy: titleOf(object), place: model.places.of(object, rulePath(rule)) }),
    ...(rule !== undefined && { rule }),
  }
}

export function rulePath(rule: number | undefined): readonly (string | number)[] {
  return rule === undefined ? ['spec'] : ['spec', 'rules', rule]
}
