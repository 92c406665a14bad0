import type { Kind } from '../api/kind.ts'
import { kindsOf } from '../api/kinds/apiextensions/custom-kind.ts'
import {
  CLEANUP_FINALIZER,
  INSTALLED_ANNOTATION,
  isTrue,
  servedStatus,
} from '../api/kinds/apiextensions/definition-status.ts'
import type { ApiObject } from '../api/object.ts'
import type { Scheme } from '../api/scheme.ts'
import type { CustomResourceDefinition } from '../api/types.generated.ts'
import type { ResourcePath } from '../store/engine.ts'
import type { Store } from '../store/store.ts'
import { type Clock, printTime } from '../world/clock.ts'
import { type Random, uuid } from '../world/random.ts'

const PATH: ResourcePath = 'apiextensions.k8s.io/customresourcedefinitions'

/** Serves what the established definitions in the store define, from the very write that establishes them. */
export function serveCustomResources(store: Store, scheme: Scheme): void {
  const served = new Map<string, readonly Kind[]>()
  const serve = (object: ApiObject, isGone: boolean): void => {
    const definition = object as CustomResourceDefinition
    const { name } = definition.metadata
    const before = served.get(name) ?? []
    const now = isGone || !isTrue(definition, 'Established') ? [] : kindsOf(definition)
    for (const kind of before) if (!now.some(({ version }) => version === kind.version)) scheme.remove(kind)
    for (const kind of now) scheme.add(kind)
    if (now.length === 0) served.delete(name)
    else served.set(name, now)
  }
  const { items, revision } = store.list(PATH)
  for (const object of items) serve(object, false)
  store.watch(PATH, revision, ({ type, object, previous }) => {
    const isSame =
      type === 'MODIFIED' && isServedAlike(object as CustomResourceDefinition, previous as CustomResourceDefinition)
    if (!isSame) serve(object, type === 'DELETED')
  })
}

function isServedAlike(one: CustomResourceDefinition, other: CustomResourceDefinition): boolean {
  const conditions = ['Established', 'Terminating'] as const
  return one.spec === other.spec && conditions.every((type) => isTrue(one, type) === isTrue(other, type))
}

/**
 * Puts the definitions that come with the platform straight into the store, established: they were validated when they
 * were written, and a cluster in a test must not pay for that again.
 */
export async function installDefinitions(
  definitions: readonly CustomResourceDefinition[],
  { store, clock, random }: { store: Store; clock: Clock; random: Random },
): Promise<void> {
  const now = printTime(clock.now())
  const missing = definitions.filter(({ metadata: { name } }) => store.get(PATH, { name }) === undefined)
  await Promise.all(
    missing.map((definition) => {
      const metadata = {
        ...definition.metadata,
        uid: uuid(random),
        generation: 1,
        creationTimestamp: now,
        annotations: { ...definition.metadata.annotations, [INSTALLED_ANNOTATION]: 'true' },
        finalizers: [CLEANUP_FINALIZER],
      }
      return store.create(PATH, { ...definition, metadata, status: servedStatus(definition, now) } as ApiObject)
    }),
  )
}
