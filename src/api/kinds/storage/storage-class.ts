import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Column, Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { StorageClass as StorageClassObject } from '../../types.generated.ts'
import { deprecationOfNodeLabel } from '../pod-spec/node-label-warnings.ts'
import { validateStorageClass } from './validate-storage-class.ts'

export type StorageClass = StorageClassObject

/** pkg/apis/storage/util/helpers.go: claims that name no class get the one that says so of itself. */
const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

/** pkg/printers/internalversion/printers.go printStorageClass. */
const COLUMNS: readonly Column<StorageClass>[] = [
  {
    ...nameColumn(),
    cell: (storageClass) => {
      const { name } = storageClass.metadata
      return isDefault(storageClass) ? `${name} (default)` : name
    },
  },
  {
    name: 'Provisioner',
    type: 'string',
    description: 'What makes the volumes.',
    cell: ({ provisioner }) => provisioner,
  },
  {
    name: 'ReclaimPolicy',
    type: 'string',
    description: 'What becomes of a volume that nobody claims any more.',
    cell: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
  },
  {
    name: 'VolumeBindingMode',
    type: 'string',
    description: 'When volumes are made and bound.',
    cell: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
  },
  {
    name: 'AllowVolumeExpansion',
    type: 'string',
    description: 'Whether volumes can grow.',
    cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
  },
  ageColumn(),
]

export const StorageClass: Kind<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  namespaced: false,
  shortNames: ['sc'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.StorageClass'),

  // pkg/apis/storage/v1/defaults.go SetDefaults_StorageClass.
  default: (storageClass) =>
    changed(storageClass, {
      reclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      volumeBindingMode: storageClass.volumeBindingMode ?? 'Immediate',
    }),
  validate: validateStorageClass,
  *warnings({ allowedTopologies = [] }) {
    for (const [index, { matchLabelExpressions = [] }] of allowedTopologies.entries()) {
      for (const [at, { key }] of matchLabelExpressions.entries()) {
        const deprecation = deprecationOfNodeLabel(key)
        if (deprecation === undefined) continue
        yield `allowedTopologies[${index}].matchLabelExpressions[${at}].key: ${deprecation}`
      }
    }
  },
  columns: COLUMNS,
}

function isDefault({ metadata }: StorageClass): boolean {
  return DEFAULT_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true')
}
