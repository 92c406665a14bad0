import { entriesOfParent, entriesOfScale, type ReplicasPaths } from '../../api/apply/scale-managed-fields.ts'
import { fieldElement } from '../../api/apply/path-element.ts'
import { badRequest, conflict, internalError, invalid, invalidValue, objectModified } from '../../api/errors.ts'
import { apiVersionOf, type Kind, type Subresource } from '../../api/kind.ts'
import { Scale } from '../../api/kinds/autoscaling/scale.ts'
import type { ApiObject, ManagedFieldsEntry } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Scheme } from '../../api/scheme.ts'
import { printLabelSelector } from '../../api/selectors/label-selector.ts'
import type { LabelSelector } from '../../api/types.generated.ts'
import type { ServerContext } from '../context.ts'
import { configOf } from '../rest/apply.ts'
import { patchedObject } from '../rest/body.ts'
import { fieldManagerOf, versionsOf, writer } from '../rest/field-management.ts'
import { get } from '../rest/get.ts'
import { checkName, groupResourceOf, placed } from '../rest/meta.ts'
import { patched } from '../rest/patch.ts'
import { modify } from '../rest/update.ts'

type Place = NonNullable<Subresource['scale']>

/** GET, PUT and PATCH of `/scale`: the counts of any kind that declares where they stand, as one shape. */
export async function scale(request: ApiRequest, context: ServerContext): Promise<Scale> {
  const place = placeOf(request.kind)
  if (request.verb === 'get') {
    const object = await get(request, context)
    const isMissing = request.kind.custom === true && read(object, place.spec) === undefined
    if (isMissing) throw internalError(`the spec replicas field ${JSON.stringify(place.spec)} does not exist`)
    return scaleOf(object, place)
  }
  const scaled = await modify(request, context, (current) => rescaled(request, current, context))
  return scaleOf(scaled, place)
}

function placeOf(kind: Kind): Place {
  const place = servedPlaceOf(kind)
  if (place === undefined) throw badRequest(`${kind.plural} have no scale`)
  return place
}

function servedPlaceOf({ subresources }: Kind): Place | undefined {
  return subresources?.find(({ name }) => name === 'scale')?.scale
}

/** What an object becomes when its Scale is written: of another size, which belongs to whoever wrote it. */
function rescaled(request: ApiRequest, current: ApiObject, context: ServerContext): ApiObject {
  const { kind } = request
  const place = placeOf(kind)
  const replicas = replicasPaths(kind, context.scheme)
  const { managedFields: entries } = current.metadata
  const before = withEntries(scaleOf(current, place), entriesOfScale(entries, replicas))
  const wanted = wantedScale(request, before, context)
  checkPreconditions(request, wanted, current)
  const size = sizeOf(wanted, { request, place, current })
  const owners = entriesOfParent(entries, wanted.metadata.managedFields, { replicas, apiVersion: apiVersionOf(kind) })
  return withReplicas(withEntries(current, owners), place.spec, size)
}

function wantedScale(request: ApiRequest, before: Scale, context: ServerContext): Scale {
  const { verb, patchType, options, kind } = request
  const manager = fieldManagerOf({ kind: Scale, subresource: 'scale' }, context.scheme)
  const who = writer(request, context)
  if (patchType === 'application/apply-patch+yaml') {
    const applied = manager.apply(before, configOf(request), { ...who, force: options.force })
    checkName(request, applied)
    return patchedObject({ ...request, duplicates: [] }, applied) as Scale
  }
  if (verb === 'update') {
    const submitted = placed(request, request.body as Scale)
    checkName(request, submitted)
    return manager.update(before, submitted as Scale, who)
  }
  const asScale: Kind = kind.custom === true ? { ...Scale, custom: true } : Scale
  const value = patchedObject(request, patched({ ...request, kind: asScale }, before))
  return manager.update(before, value as Scale, who)
}

function checkPreconditions({ kind }: ApiRequest, { metadata }: Scale, current: ApiObject): void {
  const { name, uid = '', resourceVersion } = current.metadata
  if ((metadata.resourceVersion ?? '') !== '' && metadata.resourceVersion !== resourceVersion) {
    throw objectModified(groupResourceOf(kind), name)
  }
  if ((metadata.uid ?? '') === '' || metadata.uid === uid) return
  const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`
  throw conflict({ group: kind.group, resource: `${kind.plural}/scale` }, name, why)
}

function sizeOf(
  wanted: Scale,
  { request, place, current }: { readonly request: ApiRequest; readonly place: Place; readonly current: ApiObject },
): number {
  const { replicas = 0 } = wanted.spec ?? {}
  const isUnsaid = request.verb === 'patch' && wanted.spec?.replicas === undefined
  if (isUnsaid && request.kind.custom === true && read(current, place.spec) === undefined) {
    throw badRequest(`the spec replicas field ${JSON.stringify(place.spec)} cannot be empty`)
  }
  if (Number.isInteger(replicas) && replicas >= 0) return replicas
  const detail = 'must be greater than or equal to 0'
  throw invalid('autoscaling', 'Scale', current.metadata.name, [invalidValue('spec.replicas', replicas, detail)])
}

/** Where each served version of a kind has its replicas. */
function replicasPaths(kind: Kind, scheme: Scheme): ReplicasPaths {
  return new Map(
    versionsOf(kind, scheme).map((version) => {
      const place = servedPlaceOf(version)
      return [apiVersionOf(version), place === undefined ? undefined : namesOf(place.spec).map(fieldElement)]
    }),
  )
}

function scaleOf(object: ApiObject, place: Place): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = place.selector === undefined ? '' : selectorText(read(object, place.selector))
  const replicas = numberOf(read(object, place.spec))
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberOf(read(object, place.status)), ...(selector === '' ? {} : { selector }) },
  }
}

/** A selector is text already in custom resources, a LabelSelector or plain labels in built-in kinds. */
function selectorText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  const isLabelSelector = 'matchLabels' in (value as object) || 'matchExpressions' in (value as object)
  return printLabelSelector((isLabelSelector ? value : { matchLabels: value }) as LabelSelector)
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function namesOf(path: string): readonly string[] {
  return path.split('.').filter((part) => part !== '')
}

function read(object: unknown, path: string): unknown {
  let value = object
  for (const name of namesOf(path)) value = (value as Record<string, unknown> | undefined)?.[name]
  return value
}

function withEntries<T extends ApiObject>(object: T, managedFields: readonly ManagedFieldsEntry[] | undefined): T {
  if (object.metadata.managedFields === managedFields) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } }
}

function withReplicas(object: ApiObject, path: string, replicas: number): ApiObject {
  const set = (value: unknown, [name, ...rest]: readonly string[]): unknown =>
    name === undefined
      ? replicas
      : { ...(value as object), [name]: set((value as Record<string, unknown>)?.[name], rest) }
  return set(object, namesOf(path)) as ApiObject
}
