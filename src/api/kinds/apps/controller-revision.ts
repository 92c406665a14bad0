import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ControllerRevision as ControllerRevisionObject } from '../../types.generated.ts'

export type ControllerRevision = ControllerRevisionObject

export const ControllerRevision: Kind<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.apps.v1.ControllerRevision'),
}
