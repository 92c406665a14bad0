import { badRequest, conflict, invalid, required } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { ServerContext } from '../context.ts'
import { judgeConfiguration, patchedObject } from './body.ts'
import { createAs } from './create.ts'
import { fieldManagerOf, writer } from './field-management.ts'
import { checkName, groupResourceOf, keyOfRequest, placed, storagePathOf } from './meta.ts'
import { modify } from './update.ts'

/**
 * PATCH with `application/apply-patch+yaml`: the object comes to say what the configuration says, of the fields that
 * this manager owns; a missing object is created.
 */
export async function apply(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  const { kind, options } = request
  const config = configOf(request)
  const manager = fieldManagerOf(request, context.scheme)
  const { force } = options
  const applyTo = (live: ApiObject | undefined): ApiObject => {
    const applied = manager.apply(live, config, { ...writer(request, context), force })
    judgeConfiguration(request)
    if (applied === live) return live
    if (live === undefined) refuseUid(request, config)
    checkName(request, applied as unknown as ApiObject)
    return patchedObject({ ...request, duplicates: [] }, applied)
  }
  const exists = context.store.get(storagePathOf(kind), keyOfRequest(request)) !== undefined
  if (!exists && request.subresource === undefined) {
    const created = applyTo(undefined)
    request.creates?.()
    return createAs(request, created, context)
  }
  return modify(request, context, applyTo)
}

/** Who names a UID means an object that there was (pkg/endpoints/handlers/patch.go). */
function refuseUid({ kind, name = '' }: ApiRequest, config: JsonObject): void {
  const { uid = '' } = config['metadata'] as { uid?: string }
  if (uid === '') return
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
  throw conflict(groupResourceOf(kind), name, why)
}

/** As Go says it of what it cannot put into a map. */
function notAnObject(body: unknown): string {
  const type = Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body
  return `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`
}

/** What a request applies, in the namespace that its path has. */
export function configOf(request: ApiRequest): JsonObject {
  const { body, kind, options } = request
  if ((options.fieldManager ?? '') === '') {
    throw invalid('meta.k8s.io', 'PatchOptions', '', [required('fieldManager', 'is required for apply patch')])
  }
  if (!isObject(body)) throw badRequest(`error decoding patch: ${notAnObject(body)}`)
  const config = { ...body, metadata: body['metadata'] ?? {} } as unknown as ApiObject
  return placed({ ...request, kind }, config) as unknown as JsonObject
}
