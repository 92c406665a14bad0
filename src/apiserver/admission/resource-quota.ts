import type { ResourceQuota } from '../../api/types.generated.ts'
import type { AdmissionContext, AdmissionPlugin } from './admission.ts'
import { QuotaLedger } from './resource-quota/quota-ledger.ts'

/**
 * No namespace uses more than its quotas allow (k8s.io/apiserver pkg/admission/plugin/resourcequota). The last of the
 * plugins: what it let through is written next.
 */
export function resourceQuota(): AdmissionPlugin {
  let ledger: QuotaLedger | undefined
  const ledgerOf = ({ store, clock }: AdmissionContext): QuotaLedger => (ledger ??= new QuotaLedger(store, clock))
  return {
    name: 'ResourceQuota',

    admit({ operation, kind, subresource, object }, context) {
      if (kind.group !== '' || kind.plural !== 'resourcequotas') return undefined
      if (operation !== 'UPDATE' || subresource !== 'status') return undefined
      return ledgerOf(context).withGrants(object as ResourceQuota)
    },

    validate(request, context) {
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return
      if (request.kind.group === '' && request.kind.plural === 'namespaces') return
      return ledgerOf(context).charge(request)
    },
  }
}
