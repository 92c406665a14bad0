import type { Cause } from '../../api/errors.ts'
import type { Kind, Subresource } from '../../api/kind.ts'
import { oldMetadata } from '../../api/kinds/strategy/old-metadata.ts'
import { validateObjectMetaUpdate } from '../../api/kinds/validation/object-meta.ts'
import type { ApiObject, ObjectMeta } from '../../api/object.ts'

type Strategy = Required<Pick<Subresource, 'prepareForUpdate' | 'validate'>>

/**
 * What a write to a kind's `/status` may change: the status, and of the metadata what the kind does not keep. After the
 * status strategies in k8s.io/kubernetes pkg/registry.
 */
export function statusStrategy(kind: Kind): Strategy {
  let strategy = strategies.get(kind)
  if (strategy === undefined) strategies.set(kind, (strategy = newStrategy(kind)))
  return strategy
}

const strategies = new WeakMap<Kind, Strategy>()

function newStrategy(kind: Kind): Strategy {
  return {
    prepareForUpdate: (wanted, old) => ({
      ...old,
      metadata: metadataOf(kind, wanted.metadata, old.metadata),
      ...statusOf(wanted),
    }),
    validate: (object, old) => causesOf(kind, object, old),
  }
}

function statusOf(object: ApiObject): { readonly status?: unknown } {
  const { status } = object as { readonly status?: unknown }
  return status === undefined ? {} : { status }
}

function metadataOf({ statusKeeps = [] }: Kind, wanted: ObjectMeta, old: ObjectMeta): ObjectMeta {
  if (wanted === old) return old
  if (statusKeeps === 'metadata') return oldMetadata(wanted, old)
  let metadata = wanted
  for (const name of statusKeeps) {
    if (metadata[name] === old[name]) continue
    const { [name]: _, ...rest } = metadata
    metadata = old[name] === undefined ? rest : { ...rest, [name]: old[name] }
  }
  return metadata
}

function* causesOf(kind: Kind, object: ApiObject, old: ApiObject): Generator<Cause> {
  const causes = [...(kind.validateStatus?.(object, old) ?? [])]
  // Kinds of the core group have more to say about metadata, and say this too.
  const isJudged = causes.some(({ field }) => field?.startsWith('metadata.'))
  if (!isJudged) yield* validateObjectMetaUpdate(object.metadata, old.metadata, 'metadata', { allowAnyFinalizer: true })
  yield* causes
}
