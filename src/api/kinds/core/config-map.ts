import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ConfigMap as ConfigMapObject } from '../../types.generated.ts'

export type ConfigMap = ConfigMapObject

export const ConfigMap: Kind<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  shortNames: ['cm'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.ConfigMap'),
}
