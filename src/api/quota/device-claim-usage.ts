import { type Quantity, quantityOf } from '../quantity.ts'
import type { ResourceClaim } from '../types.generated.ts'
import type { QuotaEvaluator } from './quota-evaluator.ts'
import { addInto, ONE } from './usage.ts'

const COUNT = 'count/resourceclaims.resource.k8s.io'
/** `gpu.deviceclass.resource.k8s.io/devices`: devices of one class. */
const BY_CLASS = '.deviceclass.resource.k8s.io/devices'
/** k8s.io/api resource/v1 types.go AllocationResultsMaxSize: what a claim for all devices may come to. */
const DEVICES_MAX = 32

/** Claims for devices (k8s.io/kubernetes pkg/quota/v1/evaluator/core/resource_claims.go). */
export const deviceClaimEvaluator: QuotaEvaluator = {
  measures: (name) => name === COUNT || name.endsWith(BY_CLASS),
  handles: ({ operation, subresource }) =>
    subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE'),
  matchesScope: () => false,

  usage(object) {
    const usage = new Map<string, Quantity>([[COUNT, ONE]])
    for (const { exactly, firstAvailable = [] } of (object as ResourceClaim).spec.devices?.requests ?? []) {
      const worst = new Map<string, number>()
      for (const one of firstAvailable.length > 0 ? firstAvailable : exactly === undefined ? [] : [exactly]) {
        const name = `${one.deviceClassName}${BY_CLASS}`
        worst.set(name, Math.max(worst.get(name) ?? 0, devices(one)))
      }
      addInto(usage, new Map([...worst].map(([name, count]) => [name, quantityOf(count)])))
    }
    return usage
  },
}

function devices({ allocationMode = 'ExactCount', count = 1 }: { allocationMode?: string; count?: number }): number {
  if (allocationMode === 'ExactCount') return count
  return allocationMode === 'All' ? DEVICES_MAX : 0
}
