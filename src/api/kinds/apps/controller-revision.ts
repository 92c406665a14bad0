import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import { type Cause, required } from '../../errors.ts'
import { type Kind, parseApiVersion } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { controllerOf } from '../../object.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ControllerRevision as ControllerRevisionObject } from '../../types.generated.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

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

  validate,
  columns: [
    nameColumn(),
    { name: 'Controller', type: 'string', description: 'Controller of the object', cell: printController },
    {
      name: 'Revision',
      type: 'string',
      description: 'Revision indicates the revision of the state represented by Data.',
      cell: ({ revision }) => revision,
    },
    ageColumn(),
  ],
}

/** pkg/apis/apps/validation/validation.go ValidateControllerRevision and its update: a revision records, for good. */
function* validate(revision: ControllerRevision, old?: ControllerRevision): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(revision.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(revision.metadata, old.metadata)
  if (revision.data === undefined || revision.data === null) yield required('data', 'data is mandatory')
  yield* validateNonNegative(revision.revision, 'revision')
  if (old !== undefined) yield* validateImmutable(revision.data, old.data, 'data')
}

function printController(revision: ControllerRevision): string {
  const controller = controllerOf(revision)
  if (controller === undefined) return NONE
  const { group } = parseApiVersion(controller.apiVersion)
  const kind = group === '' ? controller.kind : `${controller.kind}.${group}`
  return `${kind.toLowerCase()}/${controller.name}`
}
