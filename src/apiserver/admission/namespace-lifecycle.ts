import { forbidden, notFound, StatusError } from '../../api/errors.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

/** Namespaces that cannot be deleted. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

/** Nothing is created in a namespace that is missing or on its way out (k8s.io/apiserver plugin/namespace/lifecycle). */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',

  validate(request, { store }) {
    const { operation, kind, namespace, name, subresource } = request
    if (kind.group === '' && kind.plural === 'namespaces') {
      if (operation === 'DELETE' && IMMORTAL.has(name)) {
        throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted')
      }
      return
    }
    if (!kind.namespaced || namespace === undefined || operation !== 'CREATE' || subresource !== undefined) return
    const home = store.get('/namespaces', { name: namespace })
    if (home === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
    if (home.metadata.deletionTimestamp !== undefined && !isAccessReview(request)) throw terminating(request, namespace)
  },
}

function isAccessReview({ kind }: AdmissionRequest): boolean {
  return kind.group === 'authorization.k8s.io'
}

function terminating({ kind, name }: AdmissionRequest, namespace: string): StatusError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const { message, details } = forbidden({ group: kind.group, resource: kind.plural }, name, why)
  const cause = {
    reason: 'NamespaceTerminating' as const,
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return new StatusError(403, 'Forbidden', message, { ...details, causes: [cause] })
}
