import type { ApiObject } from '../../api/object.ts'
import type { PersistentVolumeClaim, StorageClass } from '../../api/types.generated.ts'
import type { AdmissionPlugin } from './admission.ts'

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
] as const
const PROTECTION = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
} as const

/** A claim that names no class gets the default one, the newest if there are several. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',

  admit({ operation, kind, object, subresource }, { store }) {
    if (
      operation !== 'CREATE' ||
      kind.group !== '' ||
      kind.plural !== 'persistentvolumeclaims' ||
      subresource !== undefined
    )
      return undefined
    const claim = object as PersistentVolumeClaim
    const legacy = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
    if (claim.spec.storageClassName !== undefined || legacy !== undefined) return undefined
    const classes = store.list('storage.k8s.io/storageclasses').items as readonly unknown[] as readonly StorageClass[]
    const [chosen] = classes
      .filter(({ metadata }) => DEFAULT_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true'))
      .toSorted(newestFirst)
    if (chosen === undefined) return undefined
    return { ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } } as PersistentVolumeClaim
  },
}

/** Claims and volumes carry a finalizer from birth, which a controller takes off when nothing uses them. */
export const storageObjectInUse: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',

  admit({ operation, kind, object, subresource }) {
    if (operation !== 'CREATE' || kind.group !== '' || subresource !== undefined || object === undefined)
      return undefined
    const finalizer = PROTECTION[kind.plural as keyof typeof PROTECTION]
    if (finalizer === undefined) return undefined
    const finalizers = object.metadata.finalizers ?? []
    if (finalizers.includes(finalizer)) return undefined
    return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
  },
}

function newestFirst(a: ApiObject, b: ApiObject): number {
  const byAge = (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '')
  return byAge === 0 ? (a.metadata.name < b.metadata.name ? -1 : 1) : byAge
}
