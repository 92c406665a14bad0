import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Service as ServiceObject } from '../../types.generated.ts'
import { SERVICE_COLUMNS } from './service-columns.ts'
import { defaultService, prepareServiceForCreate, prepareServiceForUpdate } from './service-strategy.ts'
import { serviceWarnings } from './service-warnings.ts'
import { validateServiceStatus, validateServiceUpdate } from './validate-service-update.ts'
import { validateService } from './validate-service.ts'

export type Service = ServiceObject

export const Service: Kind<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  subresources: [
    { name: 'proxy', verbs: ['create', 'get', 'patch', 'update'], kind: 'ServiceProxyOptions' },
    { name: 'status', verbs: ['get', 'patch', 'update'] },
  ],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Service'),

  default: defaultService,
  prepareForCreate: prepareServiceForCreate,
  prepareForUpdate: prepareServiceForUpdate,
  validate: (service, old) => (old === undefined ? validateService(service) : validateServiceUpdate(service, old)),
  validateStatus: validateServiceStatus,
  warnings: serviceWarnings,
  createOnUpdate: true,
  columns: SERVICE_COLUMNS,
  selectableFields: [
    { path: 'spec.clusterIP', value: ({ spec }) => spec.clusterIP ?? '' },
    { path: 'spec.type', value: ({ spec }) => spec.type ?? '' },
  ],
}
