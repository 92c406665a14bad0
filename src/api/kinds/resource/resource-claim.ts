import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ResourceClaim as ResourceClaimObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { defaultClaimSpec } from './default-device-requests.ts'
import { validateClaimStatus } from './validate-claim-status.ts'
import { validateClaimSpec } from './validate-device-claim.ts'

export type ResourceClaim = ResourceClaimObject

export const ResourceClaim: Kind<ResourceClaim> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.resource.v1.ResourceClaim'),

  default: (claim) => changed(claim, { spec: defaultClaimSpec(claim.spec) }),
  prepareForCreate: (claim) => ({ ...claim, status: {} }),
  prepareForUpdate: keepStatus,
  validate,
  statusKeeps: 'metadata',
  validateStatus: validateClaimStatus,
  columns: [
    nameColumn(),
    {
      name: 'State',
      type: 'string',
      description: 'Whether devices were found for it, and whether somebody uses them.',
      cell: printState,
    },
    ageColumn(),
  ],
}

/** pkg/apis/resource/validation/validation.go ValidateResourceClaim and ValidateResourceClaimUpdate. */
function* validate({ metadata, spec }: ResourceClaim, old?: ResourceClaim): Generator<Cause> {
  if (old === undefined) {
    yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
    yield* validateClaimSpec(spec, 'spec')
    return
  }
  yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateImmutable(spec, old.spec, 'spec')
}

/** pkg/printers/internalversion/printers.go resourceClaimState. */
function printState({ metadata, status }: ResourceClaim): string {
  const isDeleted = metadata.deletionTimestamp !== undefined
  const states = isDeleted ? ['deleted'] : []
  if (status?.allocation !== undefined) {
    states.push('allocated')
    if ((status.reservedFor ?? []).length > 0) states.push('reserved')
  } else if (!isDeleted) states.push('pending')
  return states.join(',')
}
