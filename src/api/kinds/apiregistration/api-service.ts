import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { APIServiceCondition, APIService as APIServiceObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { validateApiService, validateApiServiceStatus } from './validate-api-service.ts'

export type APIService = APIServiceObject

const HTTPS_PORT = 443

export const APIService: Kind<APIService> = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  singular: 'apiservice',
  namespaced: false,
  categories: ['api-extensions'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService'),

  default: withDefaultPort,
  prepareForCreate: withFirstStatus,
  prepareForUpdate: keepStatus,
  validate: validateApiService,
  statusKeeps: 'metadata',
  validateStatus: validateApiServiceStatus,
  // k8s.io/kube-aggregator pkg/registry/apiservice/etcd/etcd.go ConvertToTable.
  columns: [
    nameColumn(),
    {
      name: 'Service',
      type: 'string',
      description: 'The service that answers the group version; Local where the server itself does.',
      cell: ({ spec: { service } }) =>
        service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`,
    },
    {
      name: 'Available',
      type: 'string',
      description: 'Whether the group version answers.',
      cell: ({ status }) => printAvailability(status?.conditions ?? []),
    },
    ageColumn(),
  ],
}

function withDefaultPort(apiService: APIService): APIService {
  const { service } = apiService.spec
  if (service === undefined || service.port !== undefined) return apiService
  return changed(apiService, { spec: { ...apiService.spec, service: { ...service, port: HTTPS_PORT } } })
}

/** What the server itself answers is there from the first moment. */
function withFirstStatus(apiService: APIService): APIService {
  const isLocal = apiService.spec.service === undefined
  return { ...apiService, status: isLocal ? { conditions: [localCondition(apiService)] } : {} }
}

/** pkg/apis/apiregistration/helpers.go NewLocalAvailableAPIServiceCondition. */
function localCondition({ metadata: { creationTimestamp } }: APIService): APIServiceCondition {
  return {
    type: 'Available',
    status: 'True',
    ...(typeof creationTimestamp === 'string' ? { lastTransitionTime: creationTimestamp } : {}),
    reason: 'Local',
    message: 'Local APIServices are always available',
  }
}

function printAvailability(conditions: readonly APIServiceCondition[]): string {
  const condition = conditions.find(({ type }) => type === 'Available')
  if (condition === undefined) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`
}
