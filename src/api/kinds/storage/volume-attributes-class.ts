import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { VolumeAttributesClass as VolumeAttributesClassObject } from '../../types.generated.ts'

export type VolumeAttributesClass = VolumeAttributesClassObject

export const VolumeAttributesClass: Kind<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  namespaced: false,
  shortNames: ['vac'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.VolumeAttributesClass'),
}
