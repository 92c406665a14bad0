import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CSIDriver as CSIDriverObject } from '../../types.generated.ts'

export type CSIDriver = CSIDriverObject

export const CSIDriver: Kind<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.CSIDriver'),
}
