import { type ApiObject, keyOf } from '../api/object.ts'
import { deepEqual } from '../base/equal.ts'
import { type Client, isNotFound } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'

type WithStatus = ApiObject & { readonly status?: unknown }

/**
 * Writes a status if it differs from the present one. The newest version that is known is written to: other fields may
 * have changed since `object` was read, and the status says itself which generation it is about.
 */
export async function writeStatus<T extends WithStatus>(
  object: T,
  status: NonNullable<T['status']>,
  { client, informer }: { client: Client; informer: Informer<T> },
): Promise<void> {
  const newest = informer.get(keyOf(object))
  if (newest === undefined || newest.metadata.uid !== object.metadata.uid) return
  if (deepEqual(newest.status, status)) return
  try {
    await client.updateStatus(newest, status)
  } catch (error) {
    // Deleted in the meantime: nobody is left to read the status.
    if (!isNotFound(error)) throw error
  }
}
