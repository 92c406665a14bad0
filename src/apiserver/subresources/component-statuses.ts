import { notFound } from '../../api/errors.ts'
import type { ApiRequest } from '../../api/request.ts'
import { selectionOf } from '../rest/selection.ts'
import type { ComponentStatus } from '../../api/types.generated.ts'
import type { ServerContext } from '../context.ts'

/** The parts of a control plane, which all live in this process: who can ask can be told that they are well. */
const COMPONENTS = ['controller-manager', 'etcd-0', 'scheduler']

/** GET …/componentstatuses, one or all (k8s.io/kubernetes pkg/registry/core/componentstatus). Nothing is stored. */
export function componentStatuses(request: ApiRequest, { store }: ServerContext): Promise<unknown> {
  const { verb, name = '', kind, options } = request
  if (verb === 'get') {
    if (!COMPONENTS.includes(name)) throw notFound({ group: '', resource: 'componentstatuses' }, name)
    return Promise.resolve(statusOf(name))
  }
  const selection = selectionOf(kind, options)
  const all = COMPONENTS.map(statusOf)
  return Promise.resolve({
    apiVersion: 'v1',
    kind: 'ComponentStatusList',
    metadata: { resourceVersion: String(store.revision) },
    items: selection === undefined ? all : all.filter(selection),
  })
}

function statusOf(name: string): ComponentStatus {
  return {
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name, creationTimestamp: null },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  }
}
