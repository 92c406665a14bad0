import type { Namespace } from '../../api/types.generated.ts'
import type { SubresourceHandler } from '../context.ts'
import { modify } from '../rest/update.ts'

/** PUT …/namespaces/{name}/finalize: takes finalizers off `spec`; the last one lets the namespace go. */
export const finalizeNamespace: SubresourceHandler = (request, context) => {
  const { spec, metadata } = request.body as Namespace
  return modify(request, context, (current) => {
    const namespace = current as Namespace
    const { resourceVersion } = metadata
    return {
      ...namespace,
      metadata: { ...namespace.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: { ...namespace.spec, finalizers: spec.finalizers ?? [] },
    } as Namespace
  })
}
