import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PersistentVolumeClaim as PersistentVolumeClaimObject } from '../../types.generated.ts'
import { CLAIM_COLUMNS } from './claim-columns.ts'
import { claimWarnings, defaultClaim, prepareClaimForCreate, prepareClaimForUpdate } from './claim-strategy.ts'
import { validateClaim, validateClaimStatus, validateClaimUpdate } from './validate-claim.ts'

export type PersistentVolumeClaim = PersistentVolumeClaimObject

export const PersistentVolumeClaim: Kind<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  namespaced: true,
  shortNames: ['pvc'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.PersistentVolumeClaim'),

  default: defaultClaim,
  prepareForCreate: prepareClaimForCreate,
  prepareForUpdate: prepareClaimForUpdate,
  validate: (claim, old) => (old === undefined ? validateClaim(claim) : validateClaimUpdate(claim, old)),
  validateStatus: validateClaimStatus,
  warnings: claimWarnings,
  columns: CLAIM_COLUMNS,
}
