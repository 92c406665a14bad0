import { FieldManager } from '../../api/apply/managed-fields.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext } from '../context.ts'

/** The field managers of a kind's endpoints, as long as the kind is served. */
const MANAGERS = new WeakMap<Kind, Map<string, FieldManager>>()

export function fieldManagerOf({ kind, subresource = '' }: Pick<ApiRequest, 'kind' | 'subresource'>): FieldManager {
  let endpoints = MANAGERS.get(kind)
  if (endpoints === undefined) MANAGERS.set(kind, (endpoints = new Map()))
  let manager = endpoints.get(subresource)
  if (manager === undefined) endpoints.set(subresource, (manager = new FieldManager({ kind, subresource })))
  return manager
}

/** Records in managedFields that the creator set what it set. */
export function trackCreate(request: ApiRequest, object: ApiObject, context: ServerContext): ApiObject {
  return isApply(request) ? object : fieldManagerOf(request).update(undefined, object, writer(request, context))
}

/** Records in managedFields what this write changed. */
export function trackUpdate(request: ApiRequest, object: ApiObject, old: ApiObject, context: ServerContext): ApiObject {
  return isApply(request) ? object : fieldManagerOf(request).update(old, object, writer(request, context))
}

/** Who writes, and when: what managedFields record. */
export function writer({ options }: ApiRequest, { clock }: ServerContext): { manager: string; time: string } {
  return { manager: options.fieldManager ?? '', time: printTime(clock.now()) }
}

/** An apply has settled who owns what before the object comes here. */
function isApply({ patchType }: ApiRequest): boolean {
  return patchType === 'application/apply-patch+yaml'
}
