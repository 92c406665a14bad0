import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ResourceQuota as ResourceQuotaObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { QUOTA_COLUMNS } from './quota-columns.ts'
import { defaultQuota, prepareQuotaForCreate } from './quota-strategy.ts'
import { validateQuota, validateQuotaStatus, validateQuotaUpdate } from './validate-quota.ts'

export type ResourceQuota = ResourceQuotaObject

export const ResourceQuota: Kind<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  namespaced: true,
  shortNames: ['quota'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.ResourceQuota'),

  default: defaultQuota,
  prepareForCreate: prepareQuotaForCreate,
  prepareForUpdate: keepStatus,
  validate: (quota, old) => (old === undefined ? validateQuota(quota) : validateQuotaUpdate(quota, old)),
  validateStatus: validateQuotaStatus,
  columns: QUOTA_COLUMNS,
}
