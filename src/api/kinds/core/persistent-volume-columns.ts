import { printAccessModes } from '../../columns/access-modes.ts'
import { ageColumn, nameColumn, UNSET } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import type { PersistentVolume } from '../../types.generated.ts'
import { STORAGE_CLASS_ANNOTATION } from './claim-strategy.ts'

/** pkg/printers/internalversion/printers.go printPersistentVolume. */
export const PERSISTENT_VOLUME_COLUMNS: readonly Column<PersistentVolume>[] = [
  nameColumn(),
  {
    name: 'Capacity',
    type: 'string',
    description: "capacity is the description of the persistent volume's resources and capacity.",
    cell: ({ spec }) => spec.capacity?.['storage'] ?? '0',
  },
  {
    name: 'Access Modes',
    type: 'string',
    description: 'accessModes contains all ways the volume can be mounted.',
    cell: ({ spec }) => printAccessModes(spec.accessModes),
  },
  {
    name: 'Reclaim Policy',
    type: 'string',
    description:
      'persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim.',
    cell: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
  },
  {
    name: 'Status',
    type: 'string',
    description: 'phase indicates if a volume is available, bound to a claim, or released by a claim.',
    cell: ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating'),
  },
  {
    name: 'Claim',
    type: 'string',
    description: 'claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim.',
    cell: ({ spec: { claimRef } }) =>
      claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`,
  },
  {
    name: 'StorageClass',
    type: 'string',
    description: 'StorageClass of the pv',
    cell: ({ metadata, spec }) => metadata.annotations?.[STORAGE_CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
  },
  {
    name: 'VolumeAttributesClass',
    type: 'string',
    description: 'VolumeAttributesClass of the pv',
    cell: ({ spec }) => spec.volumeAttributesClassName ?? UNSET,
  },
  {
    name: 'Reason',
    type: 'string',
    description:
      'reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.',
    cell: ({ status }) => status?.reason ?? '',
  },
  ageColumn(),
  {
    name: 'VolumeMode',
    type: 'string',
    priority: 1,
    description:
      'volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state.',
    cell: ({ spec }) => spec.volumeMode ?? UNSET,
  },
]
