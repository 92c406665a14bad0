import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column, Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CSIDriver as CSIDriverObject, CSIDriverSpec } from '../../types.generated.ts'
import { validateCsiDriver } from './validate-csi-driver.ts'

export type CSIDriver = CSIDriverObject

const LIFECYCLE_MODES: readonly string[] = ['Persistent']

export const CSIDriver: Kind<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.CSIDriver'),

  default: (driver) => changed(driver, { spec: defaultSpec(driver.spec) }),
  validate: validateCsiDriver,
  columns: [
    nameColumn(),
    flagColumn('AttachRequired', ({ attachRequired }) => attachRequired ?? true),
    flagColumn('PodInfoOnMount', ({ podInfoOnMount }) => podInfoOnMount ?? false),
    flagColumn('StorageCapacity', ({ storageCapacity }) => storageCapacity ?? false),
    {
      name: 'TokenRequests',
      type: 'string',
      description: 'The audiences of the tokens that the driver gets.',
      cell: ({ spec: { tokenRequests } }) => tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    },
    flagColumn('RequiresRepublish', ({ requiresRepublish }) => requiresRepublish ?? false),
    {
      name: 'Modes',
      type: 'string',
      description: 'The kinds of volumes that the driver supports.',
      cell: ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || NONE,
    },
    ageColumn(),
  ],
}

/** pkg/apis/storage/v1/defaults.go SetDefaults_CSIDriver. */
function defaultSpec(spec: CSIDriverSpec): CSIDriverSpec {
  const { volumeLifecycleModes: modes = [] } = spec
  return changed(spec, {
    attachRequired: spec.attachRequired ?? true,
    podInfoOnMount: spec.podInfoOnMount ?? false,
    storageCapacity: spec.storageCapacity ?? false,
    fsGroupPolicy: spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: modes.length === 0 ? LIFECYCLE_MODES : modes,
    requiresRepublish: spec.requiresRepublish ?? false,
    seLinuxMount: spec.seLinuxMount ?? false,
  })
}

function flagColumn(name: string, flag: (spec: CSIDriverSpec) => boolean): Column<CSIDriver> {
  return { name, type: 'boolean', cell: ({ spec }) => flag(spec) }
}
