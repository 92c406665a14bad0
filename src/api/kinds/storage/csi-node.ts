import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CSINode as CSINodeObject } from '../../types.generated.ts'

export type CSINode = CSINodeObject

export const CSINode: Kind<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.CSINode'),
}
