import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import { nameIsDnsLabel } from '../../names/object-names.ts'
import type { Namespace } from '../../types.generated.ts'
import { validateFinalizerName, validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

/** pkg/apis/core/validation/validation.go ValidateNamespace. */
export function* validateNamespace({ metadata, spec }: Namespace): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsLabel })
  for (const finalizer of spec.finalizers ?? []) yield* validateFinalizerName(finalizer, 'spec.finalizers')
}

export function* validateNamespaceUpdate(namespace: Namespace, old: Namespace): Generator<Cause> {
  yield* validateNamespace(namespace)
  yield* validateObjectMetaUpdate(namespace.metadata, old.metadata)
}

/** ValidateNamespaceStatusUpdate. */
export function* validateNamespaceStatus({ metadata, status }: Namespace, old: Namespace): Generator<Cause> {
  yield* validateObjectMetaUpdate(metadata, old.metadata)
  const phase = status?.phase ?? ''
  if (metadata.deletionTimestamp === undefined) {
    if (phase !== 'Active') {
      yield invalidValue('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")
    }
  } else if (phase !== 'Terminating') {
    yield invalidValue('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
  }
}

/** ValidateNamespaceFinalizeUpdate: for the `finalize` subresource. */
export function* validateNamespaceFinalize(namespace: Namespace, old: Namespace): Generator<Cause> {
  yield* validateObjectMetaUpdate(namespace.metadata, old.metadata)
  for (const [index, finalizer] of (namespace.spec.finalizers ?? []).entries()) {
    yield* validateFinalizerName(finalizer, `spec.finalizers[${index}]`)
  }
}
