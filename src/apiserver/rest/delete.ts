import { badRequest, conflict, notFound, type StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import { type ApiObject, keyOf } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { printTime } from '../../world/clock.ts'
import type { ServerContext } from '../context.ts'
import { list } from './list.ts'
import { decode, groupResourceOf, keyOfRequest, storagePathOf } from './meta.ts'
import { isReadyToGo } from './update.ts'

const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'
/** How often a deletion that lost a race is tried again. */
const RACE_TRIES = 10

/** DELETE …/{plural}/{name}: a Status when the object is gone, the object itself while it is on its way. */
export async function remove(request: ApiRequest, context: ServerContext): Promise<unknown> {
  const { kind, user, options, namespace } = request
  const { store, admission } = context
  const key = keyOfRequest(request)
  const path = storagePathOf(kind)
  for (let tries = 1; ; tries++) {
    const stored = store.get(path, key)
    if (stored === undefined) throw notFound(groupResourceOf(kind), key.name)
    const old = decode(kind, stored)
    checkPreconditions(request, old)
    await admission.validate({ operation: 'DELETE', kind, namespace, name: key.name, old, user, options })
    const marked = markForDeletion(request, stored, context)
    if (options.dryRun === true) return isReadyToGo(marked) ? success(kind, old) : decode(kind, marked)
    const expected = stored.metadata.resourceVersion
    try {
      if (isReadyToGo(marked)) {
        const last = await store.delete(path, key, { expected, last: stored })
        return kind.gracePeriodSeconds === undefined ? success(kind, old) : decode(kind, last)
      }
      return decode(kind, marked === stored ? stored : await store.update(path, marked, { expected }))
    } catch (error) {
      if ((error as StatusError).reason !== 'Conflict' || tries === RACE_TRIES) throw error
    }
  }
}

/** DELETE …/{plural}: every object that the selectors match. Answers with the list of what it deleted. */
export async function removeCollection(request: ApiRequest, context: ServerContext): Promise<unknown> {
  const { labelSelector, fieldSelector, limit, continue: token, ...options } = request.options
  const selection = {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(limit === undefined ? {} : { limit }),
    ...(token === undefined ? {} : { continue: token }),
  }
  const found = await list({ ...request, verb: 'list', options: selection }, context)
  for (const item of found.items) {
    const { namespace, name } = keyOf(item)
    await ignoreGone(remove({ ...request, verb: 'delete', namespace, name, options }, context))
  }
  return found
}

/** Another client, or garbage collection, may have been faster. */
async function ignoreGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if ((error as StatusError).code !== 404) throw error
  }
}

function checkPreconditions({ kind, options }: ApiRequest, old: ApiObject): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const fail = (what: string, wanted: string, present: string): never => {
    const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${present}`
    throw conflict(groupResourceOf(kind), old.metadata.name, why)
  }
  if (uid !== undefined && uid !== old.metadata.uid) fail('UID', uid, old.metadata.uid ?? '')
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    fail('ResourceVersion', resourceVersion, old.metadata.resourceVersion ?? '')
  }
}

/** The object with its deletion under way: time, grace and finalizers set; `isReadyToGo` tells whether it goes at once. */
function markForDeletion(request: ApiRequest, stored: ApiObject, { clock }: ServerContext): ApiObject {
  const { kind, options } = request
  const finalizers = finalizersFor(options.propagationPolicy, stored.metadata.finalizers ?? [])
  const graceSeconds = graceOf(kind, stored, options.gracePeriodSeconds)
  const { deletionTimestamp, deletionGracePeriodSeconds } = stored.metadata
  const isUnderWay = deletionTimestamp !== undefined
  if (isUnderWay && graceSeconds >= (deletionGracePeriodSeconds ?? 0) && finalizers === stored.metadata.finalizers)
    return stored
  const effectiveGrace = isUnderWay ? Math.min(graceSeconds, deletionGracePeriodSeconds ?? 0) : graceSeconds
  const keepsTime = isUnderWay && effectiveGrace === deletionGracePeriodSeconds
  const { finalizers: _, ...metadata } = stored.metadata
  const marked: ApiObject = {
    ...stored,
    metadata: {
      ...metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(stored.metadata.generation === undefined || isUnderWay ? {} : { generation: stored.metadata.generation + 1 }),
      deletionTimestamp: keepsTime ? deletionTimestamp : printTime(clock.now() + effectiveGrace * 1_000),
      deletionGracePeriodSeconds: effectiveGrace,
    },
  }
  if (stored.kind !== 'Namespace') return marked
  return { ...marked, status: { ...(stored as { status?: object }).status, phase: 'Terminating' } } as ApiObject
}

function graceOf(kind: Kind, stored: ApiObject, asked: number | undefined): number {
  if (asked !== undefined && asked < 0) throw badRequest('gracePeriodSeconds must not be negative')
  const usual = kind.gracePeriodSeconds?.(stored) ?? 0
  return usual === 0 ? 0 : (asked ?? usual)
}

/** Returns the same array when nothing changes. */
function finalizersFor(policy: string | undefined, finalizers: readonly string[]): readonly string[] {
  if (policy === undefined) return finalizers
  const rest = finalizers.filter((one) => one !== FOREGROUND && one !== ORPHAN)
  const wanted = policy === 'Foreground' ? FOREGROUND : policy === 'Orphan' ? ORPHAN : undefined
  const result = wanted === undefined ? rest : [...rest, wanted]
  return result.length === finalizers.length && result.every((one, index) => one === finalizers[index])
    ? finalizers
    : result
}

function success(kind: Kind, object: ApiObject): unknown {
  const { name, uid } = object.metadata
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      ...(uid === undefined ? {} : { uid }),
    },
  }
}
