import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Namespace as NamespaceObject } from '../../types.generated.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { defaultNamespace, prepareNamespaceForCreate, prepareNamespaceForUpdate } from './namespace-strategy.ts'
import {
  validateNamespace,
  validateNamespaceFinalize,
  validateNamespaceStatus,
  validateNamespaceUpdate,
} from './validate-namespace.ts'

export type Namespace = NamespaceObject

export const Namespace: Kind<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [
    { name: 'finalize', verbs: ['update'], prepareForUpdate: keepStatus, validate: validateNamespaceFinalize },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Namespace'),

  default: defaultNamespace,
  prepareForCreate: prepareNamespaceForCreate,
  prepareForUpdate: prepareNamespaceForUpdate,
  validate: (namespace, old) =>
    old === undefined ? validateNamespace(namespace) : validateNamespaceUpdate(namespace, old),
  validateStatus: validateNamespaceStatus,
  columns: [
    nameColumn(),
    {
      name: 'Status',
      type: 'string',
      description: 'The status of the namespace',
      cell: ({ status }) => status?.phase ?? '',
    },
    ageColumn(),
  ],
  selectableFields: [
    { path: 'status.phase', value: ({ status }) => status?.phase ?? '' },
    { path: 'name', value: ({ metadata }) => metadata.name },
  ],
}
