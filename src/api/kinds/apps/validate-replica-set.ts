import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { ReplicaSet, ReplicaSetSpec } from '../../types.generated.ts'
import { validateSameSelector } from '../strategy/selectors.ts'
import { validateCounts, validatePartsOfReplicas } from '../strategy/status-numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateReplicatedTemplate, validateWorkloadSelector } from './validate-replicated-template.ts'

/** pkg/apis/apps/validation/validation.go ValidateReplicaSet and ValidateReplicaSetUpdate. */
export function* validateReplicaSet(set: ReplicaSet, old: ReplicaSet | undefined): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(set.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(set.metadata, old.metadata)
  if (old !== undefined && set.spec === old.spec) return
  yield* validateSpec(set.spec)
  if (old !== undefined) yield* validateSameSelector(set.spec.selector, old.spec.selector)
}

/** ValidateReplicaSetStatusUpdate. */
export function* validateReplicaSetStatus({ status = { replicas: 0 } }: ReplicaSet): Generator<Cause> {
  const counts = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ] as const
  yield* validateCounts(status, counts, 'status')
  yield* validatePartsOfReplicas(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])
  const { availableReplicas = 0, readyReplicas = 0 } = status
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')
  }
}

function* validateSpec(spec: ReplicaSetSpec): Generator<Cause> {
  yield* validateCounts(spec, ['replicas', 'minReadySeconds'], 'spec')
  yield* validateWorkloadSelector(spec.selector, 'empty selector is invalid for deployment')
  yield* validateReplicatedTemplate(spec.template ?? {}, spec.selector)
}
