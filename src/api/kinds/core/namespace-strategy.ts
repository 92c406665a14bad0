import { changed } from '../../../base/copy-on-write.ts'
import type { Namespace } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { unchecked } from '../validation/unchecked.ts'

const NAME_LABEL = 'kubernetes.io/metadata.name'
const KUBERNETES_FINALIZER = 'kubernetes'

/** pkg/apis/core/v1/defaults.go SetDefaults_Namespace: each namespace can be selected by its name. */
export function defaultNamespace(namespace: Namespace): Namespace {
  const { metadata, spec = {}, status = {} } = unchecked(namespace)
  const name = metadata?.name ?? ''
  const labels = name === '' ? undefined : changed(metadata?.labels ?? {}, { [NAME_LABEL]: name })
  return changed(namespace, {
    metadata: changed(namespace.metadata, { labels }),
    spec,
    status: changed(status, { phase: status.phase || 'Active' }),
  })
}

/** pkg/registry/core/namespace/strategy.go PrepareForCreate: it goes only once its contents are gone. */
export function prepareNamespaceForCreate(submitted: Namespace): Namespace {
  const namespace = defaultNamespace(submitted)
  const { finalizers = [] } = namespace.spec
  const held = finalizers.includes(KUBERNETES_FINALIZER) ? finalizers : [...finalizers, KUBERNETES_FINALIZER]
  return { ...namespace, spec: { ...namespace.spec, finalizers: held }, status: { phase: 'Active' } }
}

/** Its finalizers are changed through `finalize`, its status through `status`. */
export function prepareNamespaceForUpdate(namespace: Namespace, old: Namespace): Namespace {
  return keepStatus({ ...namespace, spec: old.spec }, old)
}
