import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ConfigMap as ConfigMapObject } from '../../types.generated.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import { validateConfigMap, validateConfigMapUpdate } from './validate-config-map.ts'

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

  validate: (map, old) => (old === undefined ? validateConfigMap(map) : validateConfigMapUpdate(map, old)),
  columns: [
    nameColumn(),
    {
      name: 'Data',
      type: 'string',
      description: 'Data contains the configuration data.',
      cell: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
    ageColumn(),
  ],
}
