import { changed } from '../../../base/copy-on-write.ts'
import type { ResourceQuota } from '../../types.generated.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/v1/zz_generated.defaults.go: quantities in canonical form. */
export function defaultQuota(quota: ResourceQuota): ResourceQuota {
  const { spec = {}, status } = unchecked(quota)
  return changed(quota, {
    spec: changed(spec, { hard: spec.hard && canonicalResources(spec.hard) }),
    status:
      status &&
      changed(status, {
        hard: status.hard && canonicalResources(status.hard),
        used: status.used && canonicalResources(status.used),
      }),
  })
}

export function prepareQuotaForCreate(quota: ResourceQuota): ResourceQuota {
  return { ...quota, status: {} }
}
