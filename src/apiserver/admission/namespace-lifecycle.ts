import { forbidden, notFound, StatusError } from '../../api/errors.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

/** Namespaces that cannot be deleted. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

/**
 * Nothing is created in a namespace that is missing or on its way out, nor evicted, bound or given a token there
 * (k8s.io/apiserver pkg/admission/plugin/namespace/lifecycle).
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',

  /** Upstream asks this first of all, while objects may still be changed: what is wrong with the object comes later. */
  admit(request, { store }) {
    const { operation, kind, namespace } = request
    if (!kind.namespaced || namespace === undefined || operation !== 'CREATE') return
    if (isAccessReview(request)) return
    const home = store.get('/namespaces', { name: namespace })
    if (home === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
    if (home.metadata.deletionTimestamp !== undefined) throw terminating(request, namespace)
  },

  validate({ operation, kind, name }) {
    if (operation !== 'DELETE' || kind.group !== '' || kind.plural !== 'namespaces' || !IMMORTAL.has(name)) return
    throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted')
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
