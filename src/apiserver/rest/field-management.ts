import { endpointFilters } from '../../api/apply/endpoint-filter.ts'
import { FieldManager, type FieldManagerOptions } from '../../api/apply/managed-fields.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Scheme } from '../../api/scheme.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext } from '../context.ts'
import { decode, encode, storagePathOf } from './meta.ts'

/** The field managers of a kind's endpoints, as long as the kind is served. */
const MANAGERS = new WeakMap<Scheme, WeakMap<Kind, Map<string, FieldManager>>>()

export function fieldManagerOf(
  { kind, subresource = '' }: Pick<ApiRequest, 'kind' | 'subresource'>,
  scheme: Scheme,
): FieldManager {
  let kinds = MANAGERS.get(scheme)
  if (kinds === undefined) MANAGERS.set(scheme, (kinds = new WeakMap()))
  let endpoints = kinds.get(kind)
  if (endpoints === undefined) kinds.set(kind, (endpoints = new Map()))
  let manager = endpoints.get(subresource)
  if (manager === undefined) endpoints.set(subresource, (manager = newFieldManager(kind, subresource, scheme)))
  return manager
}

function newFieldManager(kind: Kind, subresource: string, scheme: Scheme): FieldManager {
  const filters = endpointFilters(versionsOf(kind, scheme), subresource)
  return new FieldManager({ kind, subresource, filters, convert: converter(kind, scheme) })
}

/** The served versions of what a kind stores, itself among them: Events have them in two groups. */
export function versionsOf(kind: Kind, scheme: Scheme): readonly Kind[] {
  return scheme.kinds().filter((other) => isVersionOf(other, kind))
}

function isVersionOf(other: Kind, kind: Kind): boolean {
  return other.kind === kind.kind && storagePathOf(other) === storagePathOf(kind)
}

/** Managers own fields of the version that they wrote; that another version was written since is seen in theirs. */
function converter(kind: Kind, scheme: Scheme): NonNullable<FieldManagerOptions['convert']> {
  return (object, apiVersion) => {
    const target = scheme.byKind(apiVersion, kind.kind)
    if (target === undefined || !isVersionOf(target, kind)) return undefined
    const converted = decode(target, encode(kind, object as unknown as ApiObject))
    return { object: converted as unknown as typeof object, kind: target }
  }
}

/** Records in managedFields that the creator set what it set. */
export function trackCreate(request: ApiRequest, object: ApiObject, context: ServerContext): ApiObject {
  return track(request, undefined, object, context)
}

/** Records in managedFields what this write changed. */
export function trackUpdate(request: ApiRequest, object: ApiObject, old: ApiObject, context: ServerContext): ApiObject {
  return track(request, old, object, context)
}

function track(request: ApiRequest, old: ApiObject | undefined, object: ApiObject, context: ServerContext): ApiObject {
  if (isSettled(request)) return object
  return fieldManagerOf(request, context.scheme).update(old, object, writer(request, context))
}

/** Who writes, and when: what managedFields record. */
export function writer({ options }: ApiRequest, { clock }: ServerContext): { manager: string; time: string } {
  return { manager: options.fieldManager ?? '', time: printTime(clock.now()) }
}

/** An apply, and a write of a scale, have settled who owns what before the object comes here. */
function isSettled({ patchType, subresource }: ApiRequest): boolean {
  return patchType === 'application/apply-patch+yaml' || subresource === 'scale'
}
