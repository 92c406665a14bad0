import { printAccessModes } from '../../columns/access-modes.ts'
import { ageColumn, nameColumn, UNSET } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import type { PersistentVolumeClaim } from '../../types.generated.ts'
import { STORAGE_CLASS_ANNOTATION } from './claim-strategy.ts'

/** pkg/printers/internalversion/printers.go printPersistentVolumeClaim. */
export const CLAIM_COLUMNS: readonly Column<PersistentVolumeClaim>[] = [
  nameColumn(),
  {
    name: 'Status',
    type: 'string',
    description: 'phase represents the current phase of PersistentVolumeClaim.',
    cell: ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating'),
  },
  {
    name: 'Volume',
    type: 'string',
    description: 'volumeName is the binding reference to the PersistentVolume backing this claim.',
    cell: ({ spec }) => spec.volumeName ?? '',
  },
  {
    name: 'Capacity',
    type: 'string',
    description: 'capacity represents the actual resources of the underlying volume.',
    cell: (claim) => (isBound(claim) ? (claim.status?.capacity?.['storage'] ?? '0') : ''),
  },
  {
    name: 'Access Modes',
    type: 'string',
    description: 'accessModes contains the actual access modes the volume backing the PVC has.',
    cell: (claim) => (isBound(claim) ? printAccessModes(claim.status?.accessModes) : ''),
  },
  {
    name: 'StorageClass',
    type: 'string',
    description: 'StorageClass of the pvc',
    cell: ({ metadata, spec }) => metadata.annotations?.[STORAGE_CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
  },
  {
    name: 'VolumeAttributesClass',
    type: 'string',
    description: 'VolumeAttributesClass of the pvc',
    cell: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
  },
  ageColumn(),
  {
    name: 'VolumeMode',
    type: 'string',
    priority: 1,
    description: 'volumeMode defines what type of volume is required by the claim.',
    cell: ({ spec }) => spec.volumeMode ?? UNSET,
  },
]

function isBound({ spec }: PersistentVolumeClaim): boolean {
  return (spec.volumeName ?? '') !== ''
}
