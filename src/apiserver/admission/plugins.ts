import type { Random } from '../../world/random.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { AdmissionPlugin } from './admission.ts'
import { certificates } from './certificates.ts'
import { claimResize } from './claim-resize.ts'
import { defaultTolerations } from './default-tolerations.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { escalationCheck } from './escalation.ts'
import { istioValidation } from './istio-validation.ts'
import { limitRanger } from './limit-ranger.ts'
import { runtimeClass, taintNodesByCondition } from './nodes-and-runtimes.ts'
import { podSecurity } from './pod-security.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { serviceAccount } from './service-account.ts'
import { defaultStorageClass, storageObjectInUse } from './storage.ts'
import { serviceNetwork } from '../allocation/service-network.ts'

/** Every plugin that is on, in upstream's order: what later ones see, earlier ones have completed. */
export function admissionPlugins(random: Random, authorizer: RbacAuthorizer): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger(),
    serviceAccount(random.fork('service-account')),
    taintNodesByCondition,
    priority(),
    defaultTolerations(),
    storageObjectInUse,
    claimResize,
    runtimeClass,
    defaultStorageClass,
    serviceNetwork(random.fork('service-network')),
    escalationCheck(authorizer),
    certificates(authorizer),
    podSecurity(),
    istioValidation,
    resourceQuota(),
  ]
}
