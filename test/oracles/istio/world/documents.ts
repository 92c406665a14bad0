import type { ApiObject } from '../../../../src/api/object.ts'
import { parseAllDocuments } from 'yaml'

export const MESH_OBJECTS_NEED = 'patches what Envoy runs: an EnvoyFilter has nothing to patch here'

/** The objects of a text of several documents, some of which may be empty. */
export function objectsOf(text: string, namespace: string): readonly ApiObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      const object = value as ApiObject
      return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } }
    })
}
