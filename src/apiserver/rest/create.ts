import { validateManagedFields } from '../../api/apply/manager-name.ts'
import { alreadyExists, invalid, required, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject, ObjectMeta } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { printTime } from '../../world/clock.ts'
import { nameSuffix, uuid } from '../../world/random.ts'
import type { ServerContext } from '../context.ts'
import { bodyOf } from './body.ts'
import { trackCreate } from './field-management.ts'
import { decode, encode, groupResourceOf, placed, storagePathOf } from './meta.ts'

/** Generated names keep this much of their prefix: 63 letters less the suffix (k8s.io/apiserver pkg/storage/names). */
const GENERATE_PREFIX_MAX = 58
/** How often a generated name that is taken is drawn again. */
const GENERATE_TRIES = 8

/** POST …/{plural} */
export function create(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  return createAs(request, bodyOf(request), context)
}

/** Creates what a request's body, or the configuration that it applies, has come to. */
export function createAs(request: ApiRequest, body: ApiObject, context: ServerContext): Promise<ApiObject> {
  const { kind } = request
  const submitted = placed(request, body)
  const prefix = submitted.metadata.generateName ?? ''
  if (submitted.metadata.name !== '' && submitted.metadata.name !== undefined)
    return createNamed(request, submitted, context)
  if (prefix === '')
    throw invalid(kind.group, kind.kind, '', [required('metadata.name', 'name or generateName is required')])
  return createGenerated(request, submitted, context)
}

async function createGenerated(request: ApiRequest, submitted: ApiObject, context: ServerContext): Promise<ApiObject> {
  const prefix = submitted.metadata.generateName ?? ''
  for (let tries = 1; ; tries++) {
    const name = prefix.slice(0, GENERATE_PREFIX_MAX) + nameSuffix(context.random)
    try {
      return await createNamed(request, named(submitted, name), context, prefix)
    } catch (error) {
      if ((error as StatusError).reason !== 'AlreadyExists' || tries === GENERATE_TRIES) throw error
    }
  }
}

/** `prefix` is what the name was generated from. */
async function createNamed(
  request: ApiRequest,
  submitted: ApiObject,
  context: ServerContext,
  prefix?: string,
): Promise<ApiObject> {
  const { kind, user, options, namespace, warn } = request
  const { store, admission } = context
  const stamped = stamp(request, submitted, context)
  const prepared = kind.prepareForCreate?.(stamped) ?? stamped
  const defaulted = kind.default?.(prepared) ?? prepared
  const about = { operation: 'CREATE', kind, namespace, name: stamped.metadata.name, user, options, warn } as const
  // Before admission: what plugins add is nobody's.
  const tracked = trackCreate(request, defaulted, context)
  const admitted = admitUnnamed(tracked, prefix, (object) =>
    admission.admit({ ...about, name: object.metadata.name, object }),
  )
  const complete = admitted === tracked ? admitted : (kind.default?.(admitted) ?? admitted)
  const causes = [
    ...validateManagedFields(complete.metadata.managedFields, 'metadata.managedFields'),
    ...(kind.validate?.(complete) ?? []),
  ]
  if (causes.length > 0) throw invalid(kind.group, kind.kind, complete.metadata.name, causes)
  const { name } = complete.metadata
  const present = store.get(storagePathOf(kind), kind.namespaced ? { namespace, name } : { name })
  if (present !== undefined) throw taken(kind, present)
  await admission.validate({ ...about, object: complete })
  if (warn !== undefined) for (const text of kind.warnings?.(complete) ?? []) warn(text)
  if (options.dryRun === true) return complete
  return decode(kind, await store.create(storagePathOf(kind), encode(kind, complete)))
}

/**
 * A name is drawn after the mutating plugins have run: what they say of the object knows the prefix only, and so the
 * refusals of a controller's many pods are one and the same event (k8s.io/apiserver pkg/endpoints/handlers/create.go).
 */
function admitUnnamed(
  object: ApiObject,
  prefix: string | undefined,
  admit: (object: ApiObject) => ApiObject,
): ApiObject {
  if (prefix === undefined) return admit(object)
  const unnamed = named(object, prefix)
  const admitted = admit(unnamed)
  return admitted === unnamed ? object : named(admitted, object.metadata.name)
}

function named(object: ApiObject, name: string): ApiObject {
  return { ...object, metadata: { ...object.metadata, name } }
}

/** The name is another object's, which may be on its way out (k8s.io/apiserver pkg/registry/generic/registry/store.go). */
function taken(kind: Kind, { metadata }: ApiObject): StatusError {
  const error = alreadyExists(groupResourceOf(kind), metadata.name)
  if (metadata.deletionTimestamp === undefined) return error
  return new StatusError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details)
}

/** What the server alone decides about a new object. */
function stamp({ kind }: ApiRequest, submitted: ApiObject, { clock, random }: ServerContext): ApiObject {
  const given = withoutServerMeta(submitted.metadata)
  const metadata: ObjectMeta = { ...given, uid: uuid(random), creationTimestamp: printTime(clock.now()) }
  return { ...submitted, metadata: kind.generation === 'none' ? metadata : { ...metadata, generation: 1 } }
}

/** Most objects come without any of these, and taking fields off is dear. */
function withoutServerMeta(metadata: ObjectMeta): ObjectMeta {
  if (
    metadata.resourceVersion === undefined &&
    metadata.selfLink === undefined &&
    metadata.deletionTimestamp === undefined &&
    metadata.deletionGracePeriodSeconds === undefined &&
    metadata.generation === undefined
  )
    return metadata
  const {
    resourceVersion: _version,
    selfLink: _link,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    ...rest
  } = metadata
  return rest
}
