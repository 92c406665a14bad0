import { badRequest, type GroupResource } from '../../api/errors.ts'
import { type Kind, storageKindOf } from '../../api/kind.ts'
import type { ApiObject, Key, ObjectMeta } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { deepEqual } from '../../base/equal.ts'
import type { ResourcePath } from '../../store/engine.ts'
import { resourcePath } from '../../store/store.ts'

/** Where a kind's objects lie in the store, whichever version is spoken. */
export function storagePathOf(kind: Kind): ResourcePath {
  let path = storagePaths.get(kind)
  if (path === undefined) storagePaths.set(kind, (path = resourcePath(storageKindOf(kind))))
  return path
}

/** Asked several times in every call: joined once. */
const storagePaths = new WeakMap<Kind, ResourcePath>()

export function groupResourceOf(kind: Kind): GroupResource {
  return { group: kind.group, resource: kind.plural }
}

/** The stored form of an object that was written in `kind`'s version. */
export function encode(kind: Kind, object: ApiObject): ApiObject {
  return kind.storedAs === undefined ? object : kind.storedAs.encode(object)
}

/** `kind`'s version of a stored object. */
export function decode(kind: Kind, stored: ApiObject): ApiObject {
  return kind.storedAs === undefined ? stored : kind.storedAs.decode(stored)
}

export function keyOfRequest(request: ApiRequest): Key {
  const { kind, namespace, name } = request
  if (name === undefined || name === '') throw badRequest('name must be provided')
  return kind.namespaced ? { namespace, name } : { name }
}

/** Refuses an object of another name than the path has. */
export function checkName({ name = '' }: ApiRequest, { metadata }: ApiObject): void {
  const { name: given = '' } = metadata as Partial<ObjectMeta>
  if (given === name) return
  if (given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
}

/** Refuses a body that contradicts the path it was sent to, and fills in what the path already says. */
export function placed(request: ApiRequest, body: ApiObject): ApiObject {
  const { kind, namespace } = request
  if (!kind.namespaced) {
    const given = body.metadata.namespace
    if (given === undefined) return body
    if (given !== '') throw badRequest('namespace is not allowed on this type')
    const { namespace: _, ...metadata } = body.metadata
    return { ...body, metadata }
  }
  const given = body.metadata.namespace ?? ''
  if (given === namespace) return body
  if (given !== '')
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return { ...body, metadata: { ...body.metadata, namespace: namespace ?? '' } }
}

/** Whether anything but metadata and status differs: what bumps `metadata.generation`. */
export function specChanged(object: ApiObject, old: ApiObject): boolean {
  const left = object as unknown as Readonly<Record<string, unknown>>
  const right = old as unknown as Readonly<Record<string, unknown>>
  for (const name in left) if (!NOT_OF_SPEC.has(name) && !deepEqual(left[name], right[name])) return true
  for (const name in right)
    if (!NOT_OF_SPEC.has(name) && left[name] === undefined && right[name] !== undefined) return true
  return false
}

const NOT_OF_SPEC = new Set(['metadata', 'status', 'apiVersion', 'kind'])
