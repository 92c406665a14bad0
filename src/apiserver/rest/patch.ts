import { badRequest, StatusError } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import { applyJsonPatch, readJsonPatch } from '../../api/patch/json-patch.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import { PatchError } from '../../api/patch/patch-error.ts'
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { ServerContext } from '../context.ts'
import { apply } from './apply.ts'
import { patchedObject } from './body.ts'
import { modify } from './update.ts'

/** PATCH …/{plural}/{name}, and of its status. */
export async function patch(request: ApiRequest, context: ServerContext): Promise<ApiObject> {
  if (request.patchType === 'application/apply-patch+yaml') return apply(request, context)
  return modify(request, context, (current) => {
    const value = patched(request, current)
    return value === current ? current : patchedObject(request, value)
  })
}

/** What `current` becomes under a request's patch. Failures are Statuses in upstream's words. */
export function patched({ kind, patchType, body }: ApiRequest, current: object): unknown {
  try {
    switch (patchType) {
      case 'application/json-patch+json':
        return applyJsonPatch(current, readJsonPatch(body))
      case 'application/merge-patch+json':
        return applyMergePatch(current, objectOf(body))
      case 'application/strategic-merge-patch+json':
        if (kind.custom === true) throw unsupported()
        return applyStrategicMergePatch(current as JsonObject, objectOf(body), kind.schema())
      default:
        throw unsupported()
    }
  } catch (error) {
    if (error instanceof PatchError) throw error.toStatusError()
    throw error
  }
}

function objectOf(body: unknown): JsonObject {
  if (isObject(body)) return body
  throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}')
}

function unsupported(): StatusError {
  const accepted = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
  return new StatusError(415, 'UnsupportedMediaType', message)
}
