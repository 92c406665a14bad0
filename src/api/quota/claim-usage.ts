import { quantity } from '../quantity-cache.ts'
import { compareQuantities, type Quantity, roundUpQuantity } from '../quantity.ts'
import type { PersistentVolumeClaim } from '../types.generated.ts'
import type { QuotaEvaluator } from './quota-evaluator.ts'
import { scopeSelects } from './scope-values.ts'
import { ONE } from './usage.ts'

const COUNT = 'count/persistentvolumeclaims'
const CLAIMS = 'persistentvolumeclaims'
const STORAGE = 'requests.storage'
/** `gold.storageclass.storage.k8s.io/requests.storage`: the same, of one class. */
const BY_CLASS = '.storageclass.storage.k8s.io/'

/** Claims and their storage (k8s.io/kubernetes pkg/quota/v1/evaluator/core/persistent_volume_claims.go). */
export const claimEvaluator: QuotaEvaluator = {
  measures: (name) =>
    name === COUNT ||
    name === CLAIMS ||
    name === STORAGE ||
    name.endsWith(`${BY_CLASS}${CLAIMS}`) ||
    name.endsWith(`${BY_CLASS}${STORAGE}`),

  handles({ operation, subresource, object, old }) {
    if (subresource === undefined) return operation === 'CREATE' || operation === 'UPDATE'
    if (subresource !== 'status' || operation !== 'UPDATE') return false
    return claimUsageChanged(object as PersistentVolumeClaim, old as PersistentVolumeClaim)
  },

  matchesScope(selector, object) {
    if (selector.scopeName !== 'VolumeAttributesClass') return false
    const names = attributesClasses(object as PersistentVolumeClaim)
    return names.length === 0 ? scopeSelects(selector, undefined) : names.some((name) => scopeSelects(selector, name))
  },

  usage(object) {
    const claim = object as PersistentVolumeClaim
    const storageClass = classOf(claim)
    const storage = storageOf(claim)
    const usage = new Map<string, Quantity>([
      [CLAIMS, ONE],
      [COUNT, ONE],
    ])
    if (storageClass !== '') usage.set(`${storageClass}${BY_CLASS}${CLAIMS}`, ONE)
    if (storage === undefined) return usage
    usage.set(STORAGE, storage)
    if (storageClass !== '') usage.set(`${storageClass}${BY_CLASS}${STORAGE}`, storage)
    return usage
  },
}

export function claimUsageChanged(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  return (
    claim.status?.allocatedResources?.['storage'] !== old.status?.allocatedResources?.['storage'] ||
    attributesClasses(claim).join() !== attributesClasses(old).join()
  )
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? ''
}

/** In whole bytes; what was allocated counts where it is more than what is asked for. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const text = spec.resources?.requests?.['storage']
  if (text === undefined) return undefined
  const requested = roundUpQuantity(quantity(text), 0).quantity
  const allocated = status?.allocatedResources?.['storage']
  if (allocated === undefined || compareQuantities(quantity(allocated), requested) <= 0) return requested
  return roundUpQuantity(quantity(allocated), 0).quantity
}

function attributesClasses({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return [...new Set(names.flatMap((name) => (name === undefined || name === '' ? [] : [name])))].toSorted()
}
