import type { ApiObject } from '../../api/object.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'

/** Notes that binder, scheduler and provisioner leave for each other (k8s.io/component-helpers storage/volume). */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'
export const BETA_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class'
/** Keeps a volume until the provisioner has removed what stands behind it. */
export const PROVISIONER_FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer'

export function annotation({ metadata }: ApiObject, name: string): string | undefined {
  return metadata.annotations?.[name]
}

export function withAnnotations<T extends ApiObject>(object: T, added: Readonly<Record<string, string>>): T {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...added } } }
}

/** The class that a claim names, empty where it names none: the annotation of old times first. */
export function classOfClaim(claim: PersistentVolumeClaim): string {
  return annotation(claim, BETA_STORAGE_CLASS) ?? claim.spec.storageClassName ?? ''
}

/** Whether a claim says anything about its class; the empty class is an answer too. */
export function hasClass(claim: PersistentVolumeClaim): boolean {
  return annotation(claim, BETA_STORAGE_CLASS) !== undefined || claim.spec.storageClassName !== undefined
}

export function classOfVolume(volume: PersistentVolume): string {
  return annotation(volume, BETA_STORAGE_CLASS) ?? volume.spec.storageClassName ?? ''
}
