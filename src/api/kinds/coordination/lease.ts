import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Lease as LeaseObject } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

export type Lease = LeaseObject

const STRATEGIES: readonly string[] = ['OldestEmulationVersion']

export const Lease: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.coordination.v1.Lease'),

  createOnUpdate: true,
  validate,
  columns: [
    nameColumn(),
    {
      name: 'Holder',
      type: 'string',
      description: 'Who holds the lease.',
      cell: ({ spec }) => spec.holderIdentity ?? '',
    },
    ageColumn(),
  ],
}

/** pkg/apis/coordination/validation/validation.go ValidateLease and ValidateLeaseUpdate. */
function* validate({ metadata, spec }: Lease, old?: Lease): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  const { leaseDurationSeconds: seconds = 1, leaseTransitions = 0, strategy = '', preferredHolder = '' } = spec
  if (seconds <= 0) yield invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')
  if (leaseTransitions < 0) {
    yield invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')
  }
  if (strategy.includes('/')) yield* invalidFor('spec.strategy', strategy, validateQualifiedName(strategy))
  else if (strategy !== '' && !STRATEGIES.includes(strategy)) {
    yield notSupported('spec.strategy', strategy, STRATEGIES)
  }
  if (preferredHolder !== '' && strategy === '') {
    const rule = 'may only be specified when `strategy` is defined'
    yield invalidValue('spec.preferredHolder', preferredHolder, rule)
  }
}
