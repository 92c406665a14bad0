import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { PersistentVolume as PersistentVolumeObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { PERSISTENT_VOLUME_COLUMNS } from './persistent-volume-columns.ts'
import {
  defaultPersistentVolume,
  persistentVolumeWarnings,
  preparePersistentVolumeForCreate,
} from './persistent-volume-strategy.ts'
import {
  validatePersistentVolume,
  validatePersistentVolumeStatus,
  validatePersistentVolumeUpdate,
} from './validate-persistent-volume.ts'

export type PersistentVolume = PersistentVolumeObject

export const PersistentVolume: Kind<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  namespaced: false,
  shortNames: ['pv'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.PersistentVolume'),

  default: defaultPersistentVolume,
  prepareForCreate: preparePersistentVolumeForCreate,
  prepareForUpdate: keepStatus,
  validate: (volume, old) =>
    old === undefined ? validatePersistentVolume(volume) : validatePersistentVolumeUpdate(volume, old),
  validateStatus: validatePersistentVolumeStatus,
  warnings: persistentVolumeWarnings,
  columns: PERSISTENT_VOLUME_COLUMNS,
}
