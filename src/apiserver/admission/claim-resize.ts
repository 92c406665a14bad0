import { forbidden } from '../../api/errors.ts'
import { quantity } from '../../api/quantity-cache.ts'
import { compareQuantities, type Quantity, ZERO } from '../../api/quantity.ts'
import type { PersistentVolumeClaim, StorageClass } from '../../api/types.generated.ts'
import type { AdmissionPlugin } from './admission.ts'

/**
 * Claims grow only once they are bound, and only where their class allows it
 * (k8s.io/kubernetes plugin/pkg/admission/storage/persistentvolume/resize).
 */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',

  validate({ operation, kind, object, old, subresource, name }, { store }) {
    if (operation !== 'UPDATE' || kind.group !== '' || kind.plural !== 'persistentvolumeclaims') return
    if (subresource !== undefined) return
    const claim = object as PersistentVolumeClaim
    const before = old as PersistentVolumeClaim
    if (compareQuantities(sizeOf(claim), sizeOf(before)) <= 0) return
    const refuse = (why: string): Error => forbidden({ group: '', resource: kind.plural }, name, why)
    if (before.status?.phase !== 'Bound') throw refuse('Only bound persistent volume claims can be expanded')
    const className = classOf(claim)
    const storageClass = store.get('storage.k8s.io/storageclasses', { name: className }) as StorageClass | undefined
    if (className === '' || className !== classOf(before) || storageClass?.allowVolumeExpansion !== true) {
      throw refuse(
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
    }
  },
}

function sizeOf({ spec }: PersistentVolumeClaim): Quantity {
  const text = spec.resources?.requests?.['storage']
  return text === undefined ? ZERO : quantity(text)
}

function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? ''
}
