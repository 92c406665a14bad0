import type { ObjectMeta } from '../../object.ts'

/** What a write that leaves the metadata alone does to it: who manages which field is told anew. */
export function oldMetadata(metadata: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const { managedFields } = metadata
  return managedFields === undefined || managedFields === old.managedFields ? old : { ...old, managedFields }
}
