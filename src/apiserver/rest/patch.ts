import { badRequest, StatusError } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import { applyJsonPatch, readJsonPatch } from '../../api/patch/json-patch.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import { PatchError } from '../../api/patch/patch-error.ts'
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts'
import type { ApiRequest } from '../../api/request.ts'
import { describeJson } from '../../api/schema/go-types.ts'
import type { ServerContext } from '../context.ts'
import { apply } from './apply.ts'
import { patchedObject } from './body.ts'
import { checkName } from './meta.ts'
import { modify } from './update.ts'

/** PATCH …/{plural}/{name}, and of its status. */
export async function patch(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  if (request.patchType === 'application/apply-patch+yaml') return apply(request, context)
  return modify(request, context, (current) => {
    const value = patched(request, current)
    return value === current ? current : named(request, patchedObject(request, value))
  })
}

function named(request: ApiRequest, object: ApiObject): ApiObject {
  checkName(request, object)
  return object
}

/** What `current` becomes under a request's patch. Failures are Statuses in upstream's words. */
export function patched(request: ApiRequest, current: object): unknown {
  const { kind, patchType, body } = request
  try {
    switch (patchType) {
      case 'application/json-patch+json':
        return applyJsonPatch(current, readJsonPatch(body))
      case 'application/merge-patch+json':
        return applyMergePatch(current, objectOf(request))
      case 'application/strategic-merge-patch+json':
        if (kind.custom === true) throw unsupported()
        return applyStrategicMergePatch(current as JsonObject, objectOf(request), kind.schema())
      default:
        throw unsupported()
    }
  } catch (error) {
    if (error instanceof PatchError) throw error.toStatusError()
    throw error
  }
}

function objectOf({ body, patchType }: ApiRequest): JsonObject {
  if (isObject(body)) return body
  const why = `json: cannot unmarshal ${describeJson(body)} into Go value of type map[string]interface {}`
  throw badRequest(patchType === 'application/strategic-merge-patch+json' ? why : `error decoding patch: ${why}`)
}

function unsupported(): StatusError {
  const accepted = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
  return new StatusError(415, 'UnsupportedMediaType', message)
}
