import { validateManagedFields } from '../../api/apply/manager-name.ts'
import { conflict, invalid, invalidValue, notFound, objectModified, type StatusError } from '../../api/errors.ts'
import type { Subresource } from '../../api/kind.ts'
import { IMMUTABLE_MESSAGE } from '../../api/kinds/validation/immutability.ts'
import type { ApiObject, ObjectMeta } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { deepEqual } from '../../base/equal.ts'
import type { ServerContext } from '../context.ts'
import { bodyOf } from './body.ts'
import { create } from './create.ts'
import { trackUpdate } from './field-management.ts'
import { statusStrategy } from './status-strategy.ts'
import { checkName, decode, encode, groupResourceOf, keyOfRequest, placed, specChanged, storagePathOf } from './meta.ts'

/** How often an unconditional write that lost a race is tried again (k8s.io/apiserver pkg/endpoints/handlers/patch.go). */
const RACE_TRIES = 5

/** PUT …/{plural}/{name} and PUT …/{name}/status */
export function update(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  const { kind, subresource } = request
  const submitted = placed(request, bodyOf(request))
  const key = keyOfRequest(request)
  checkName(request, submitted)
  if (context.store.get(storagePathOf(kind), key) === undefined) {
    if (kind.createOnUpdate !== true || subresource !== undefined) throw notFound(groupResourceOf(kind), key.name)
    request.creates?.()
    return create({ ...request, verb: 'create' }, context)
  }
  return modify(request, context, () => submitted)
}

/**
 * Reads the present object, lets `change` say what it should become, and writes that if nobody wrote meanwhile. A
 * change that carries a resourceVersion fails with 409 when it lost the race; one without is applied anew.
 */
export async function modify(
  request: ApiRequest,
  context: ServerContext,
  change: (current: ApiObject) => ApiObject,
): Promise<ApiObject> {
  const { kind } = request
  const key = keyOfRequest(request)
  for (let tries = 1; ; tries++) {
    const stored = context.store.get(storagePathOf(kind), key)
    if (stored === undefined) throw notFound(groupResourceOf(kind), key.name)
    const old = decode(kind, stored)
    const wanted = change(old)
    const given = wanted.metadata.resourceVersion ?? ''
    if (given === '' && request.verb === 'update' && kind.custom === true) throw unconditional(request)
    if (given !== '' && given !== old.metadata.resourceVersion) throw objectModified(groupResourceOf(kind), key.name)
    try {
      return await replace(request, old, wanted, context)
    } catch (error) {
      const lostRace =
        (error as StatusError).reason === 'Conflict' && context.store.get(storagePathOf(kind), key) !== stored
      const isPinned = request.verb === 'patch' ? namesVersion(request.body) : given !== ''
      if (!lostRace || isPinned || tries === RACE_TRIES) throw error
    }
  }
}

/** Whether a patch says itself which version it is meant for: what it makes of an object always has one. */
function namesVersion(patch: unknown): boolean {
  if (Array.isArray(patch)) {
    return (patch as readonly { path?: unknown }[]).some((step) => step.path === '/metadata/resourceVersion')
  }
  return (patch as Partial<ApiObject> | null | undefined)?.metadata?.resourceVersion !== undefined
}

async function replace(
  request: ApiRequest,
  old: ApiObject,
  wanted: ApiObject,
  context: ServerContext,
): Promise<ApiObject> {
  const { kind, user, options, namespace, subresource, warn } = request
  const { store, admission } = context
  checkUid(request, old, wanted)
  const metadata = keepServerMeta(wanted.metadata, old.metadata)
  const kept: ApiObject = metadata === wanted.metadata ? wanted : { ...wanted, metadata }
  const strategy = strategyOf(request)
  const prepared = strategy.prepareForUpdate?.(kept, old) ?? kept
  const defaulted = kind.default?.(prepared) ?? prepared
  const about = {
    operation: 'UPDATE',
    kind,
    namespace,
    name: old.metadata.name,
    subresource,
    old,
    user,
    options,
    warn,
  } as const
  // Before admission: what plugins change is nobody's.
  const tracked = trackUpdate(request, defaulted, old, context)
  const admitted = admission.admit({ ...about, object: tracked })
  const complete = admitted === tracked ? admitted : (kind.default?.(admitted) ?? admitted)
  const bumped = withGeneration(request, complete, old)
  const causes = [
    ...validateManagedFields(bumped.metadata.managedFields, 'metadata.managedFields'),
    ...(strategy.validate?.(bumped, old) ?? []),
  ]
  if (causes.length > 0) throw invalid(kind.group, kind.kind, old.metadata.name, causes)
  await admission.validate({ ...about, object: bumped })
  if (warn !== undefined) for (const text of kind.warnings?.(bumped, old) ?? []) warn(text)
  if (deepEqual(bumped, old)) return old
  if (options.dryRun === true) return bumped
  const expected = old.metadata.resourceVersion
  const path = storagePathOf(kind)
  const encoded = encode(kind, bumped)
  if (isReadyToGo(bumped)) {
    await store.delete(path, keyOfRequest(request), { expected, last: encoded })
    return bumped
  }
  return decode(kind, await store.update(path, encoded, { expected }))
}

/** An object under deletion whose last finalizer was just taken off goes now. */
export function isReadyToGo(object: ApiObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false
  const held = (object as { spec?: { finalizers?: readonly string[] } }).spec?.finalizers
  if (object.kind === 'Namespace' && (held?.length ?? 0) > 0) return false
  return (deletionGracePeriodSeconds ?? 0) === 0
}

/** A PUT names the object that it means by its UID; a patch that changes the UID is no valid object. */
function checkUid({ kind, verb }: ApiRequest, old: ApiObject, { metadata }: ApiObject): void {
  const { namespace, name, uid } = old.metadata
  if (metadata.uid === undefined || metadata.uid === '' || metadata.uid === uid) return
  if (verb === 'patch')
    throw invalid(kind.group, kind.kind, name, [invalidValue('metadata.uid', metadata.uid, IMMUTABLE_MESSAGE)])
  const key = ['/registry', kind.plural, namespace, name].filter((part) => part !== undefined).join('/')
  const failed = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid ?? ''}`
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${failed}`
  throw conflict(groupResourceOf(kind), name, why)
}

/** Custom resources are never updated blindly (k8s.io/apiserver pkg/registry/generic/registry/store.go). */
function unconditional({ kind, name = '' }: ApiRequest): StatusError {
  const cause = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')
  return invalid(kind.group, kind.plural, name, [cause])
}

/** Metadata that no client may change by a write. */
function keepServerMeta(metadata: ObjectMeta, old: ObjectMeta): ObjectMeta {
  if (metadata === old && old.selfLink === undefined) return old
  const {
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    generation: _generation,
    ...rest
  } = metadata
  return {
    ...rest,
    name: old.name,
    ...(old.namespace === undefined ? {} : { namespace: old.namespace }),
    ...(old.uid === undefined ? {} : { uid: old.uid }),
    ...(old.generation === undefined ? {} : { generation: old.generation }),
    ...(old.creationTimestamp === undefined ? {} : { creationTimestamp: old.creationTimestamp }),
    ...(old.resourceVersion === undefined ? {} : { resourceVersion: old.resourceVersion }),
    ...(old.deletionTimestamp === undefined ? {} : { deletionTimestamp: old.deletionTimestamp }),
    ...(old.deletionGracePeriodSeconds === undefined
      ? {}
      : { deletionGracePeriodSeconds: old.deletionGracePeriodSeconds }),
  }
}

/** What an update of this endpoint may change, and its rules. */
function strategyOf({ kind, subresource }: ApiRequest): Pick<Subresource, 'prepareForUpdate' | 'validate'> {
  if (subresource === 'status') return statusStrategy(kind)
  const view = kind.subresources?.find(({ name }) => name === subresource)
  return view?.prepareForUpdate === undefined ? kind : view
}

function withGeneration({ kind, subresource }: ApiRequest, object: ApiObject, old: ApiObject): ApiObject {
  if (kind.generation === 'none' || subresource === 'status' || !specChanged(object, old)) return object
  return { ...object, metadata: { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 } }
}
