import { parseAllDocuments } from 'yaml'
import type { ApiObject } from '../../../src/api/object.ts'

/** Objects of a text of several documents, some of which may be empty. Without a namespace they are in `default`. */
export function objectsOf(text: string): readonly ApiObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      const object = value as ApiObject
      return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? 'default' } }
    })
}
