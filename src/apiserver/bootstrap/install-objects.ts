import { type ApiObject, keyOf } from '../../api/object.ts'
import type { Scheme } from '../../api/scheme.ts'
import { assert } from '../../base/assert.ts'
import { resourcePath, type Store } from '../../store/store.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { type Random, uuid } from '../../world/random.ts'

/** Where objects that are the server's own go. */
export interface Installation {
  readonly store: Store
  readonly scheme: Scheme
  readonly clock: Clock
  readonly random: Random
}

/**
 * Puts objects straight into the store, complete as they are: nobody has a say in them, and a cluster in a test must not
 * wait for them to be judged. What is there already stays as it is.
 */
export async function installObjects(objects: readonly ApiObject[], installation: Installation): Promise<void> {
  const { store, clock, random } = installation
  const creationTimestamp = printTime(clock.now())
  await Promise.all(
    objects.map(async (object) => {
      const path = pathOf(object, installation.scheme)
      if (store.get(path, keyOf(object)) !== undefined) return undefined
      return store.create(path, { ...object, metadata: { ...object.metadata, uid: uuid(random), creationTimestamp } })
    }),
  )
}

/** The same, but what is there already comes to say what it should; metadata stays. */
export async function reinstallObjects(objects: readonly ApiObject[], installation: Installation): Promise<void> {
  const { store, scheme } = installation
  await installObjects(objects, installation)
  await Promise.all(
    objects.map(async (object) => {
      const path = pathOf(object, scheme)
      const present = store.get(path, keyOf(object))
      if (present === undefined || saysSame(present, object)) return undefined
      return store.update(path, { ...object, metadata: { ...present.metadata, ...object.metadata } })
    }),
  )
}

function pathOf({ apiVersion, kind }: ApiObject, scheme: Scheme): ReturnType<typeof resourcePath> {
  const found = scheme.byKind(apiVersion, kind)
  assert(found !== undefined, `${kind} is a kind of this server`)
  return resourcePath(found)
}

function saysSame(present: ApiObject, wanted: ApiObject): boolean {
  const { metadata: _present, ...left } = present
  const { metadata: _wanted, ...right } = wanted
  return JSON.stringify(left) === JSON.stringify(right)
}
