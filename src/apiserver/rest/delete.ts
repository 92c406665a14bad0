import { conflict, notFound, type StatusError } from '../../api/errors.ts'
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
/** k8s.io/kubernetes pkg/registry/batch/job/storage/storage.go */
const ORPHANED_PODS =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set ' +
  'propagationPolicy=Orphan to suppress this warning'
/** How often a deletion that lost a race is tried again. */
const RACE_TRIES = 10

/** DELETE …/{plural}/{name}: a Status when the object is gone, the object itself while it is on its way. */
export async function remove(request: ApiRequest, context: ServerContext): Promise<unknown> {
  const { kind, user, options, namespace } = request
  const { store, admission } = context
  const key = keyOfRequest(request)
  const path = storagePathOf(kind)
  if (path === 'batch/jobs' && options.propagationPolicy === undefined) request.warn?.(ORPHANED_PODS)
  for (let tries = 1; ; tries++) {
    const stored = store.get(path, key)
    if (stored === undefined) throw notFound(groupResourceOf(kind), key.name)
    const old = decode(kind, stored)
    checkPreconditions(request, old)
    await admission.validate({ operation: 'DELETE', kind, namespace, name: key.name, old, user, options })
    const marked = markForDeletion(request, stored, context)
    if (options.dryRun === true)
      return isReadyToGo(marked) ? farewell(kind, old, decode(kind, marked)) : decode(kind, marked)
    const expected = stored.metadata.resourceVersion
    try {
      if (isReadyToGo(marked)) {
        const last = await store.delete(path, key, {
          expected,
          last: kind.gracePeriodSeconds === undefined ? stored : marked,
        })
        return farewell(kind, old, decode(kind, last))
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

/** k8s.io/apiserver pkg/registry/rest/delete.go, which names the kind where others name the resource. */
function checkPreconditions({ kind, options }: ApiRequest, old: ApiObject): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const { name, uid: ownUid = '', resourceVersion: ownVersion = '' } = old.metadata
  const what = { group: kind.group, resource: kind.kind }
  if (uid !== undefined && uid !== ownUid) {
    const recreated = 'The object might have been deleted and then recreated'
    throw conflict(
      what,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${ownUid}). ${recreated}`,
    )
  }
  if (resourceVersion !== undefined && resourceVersion !== ownVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${ownVersion})`
    throw conflict(what, name, `${why}. The object might have been modified`)
  }
}

/** The object with its deletion under way: time, grace and finalizers set; `isReadyToGo` tells whether it goes at once. */
function markForDeletion(request: ApiRequest, stored: ApiObject, { clock }: ServerContext): ApiObject {
  const { kind, options } = request
  const { deletionTimestamp, deletionGracePeriodSeconds: graceBefore = 0, generation } = stored.metadata
  const isUnderWay = deletionTimestamp !== undefined
  const graceSeconds = graceOf(kind, stored, options.gracePeriodSeconds)
  // Grace that was granted can be shortened, and until it is over nothing else of the deletion can be changed.
  if (isUnderWay && graceBefore > 0 && graceSeconds >= graceBefore) return stored
  const before = stored.metadata.finalizers ?? NONE
  const finalizers = finalizersFor(policyOf(kind, options.propagationPolicy), before)
  if (isUnderWay && graceBefore === 0 && finalizers === before) return stored
  const nowMs = clock.now()
  const grace = isUnderWay ? Math.min(graceSeconds, graceBefore) : graceSeconds
  const startedMs = isUnderWay ? Date.parse(deletionTimestamp) - graceBefore * 1_000 : nowMs
  const isLate = startedMs + grace * 1_000 < nowMs
  const { finalizers: _, ...metadata } = stored.metadata
  const marked: ApiObject = {
    ...stored,
    metadata: {
      ...metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(generation === undefined || isUnderWay ? {} : { generation: generation + 1 }),
      deletionTimestamp: printTime(isLate ? nowMs : startedMs + grace * 1_000),
      // Whoever ends the object gracefully is given at least a second to see it.
      deletionGracePeriodSeconds: isLate && grace > 0 ? 1 : grace,
    },
  }
  if (stored.kind !== 'Namespace') return marked
  return { ...marked, status: { ...(stored as { status?: object }).status, phase: 'Terminating' } } as ApiObject
}

const NONE: readonly string[] = []

function graceOf(kind: Kind, stored: ApiObject, asked: number | undefined): number {
  const usual = kind.gracePeriodSeconds?.(stored) ?? 0
  return usual === 0 ? 0 : (asked ?? usual)
}

/** Dependents of these are left alone unless something else is asked for (their strategies' DefaultGarbageCollectionPolicy). */
const ORPHANING: ReadonlySet<string> = new Set(['/replicationcontrollers', 'batch/jobs'])
/** Nothing depends on these. */
const CHILDLESS: ReadonlySet<string> = new Set(['/events', 'events.k8s.io/events'])

function policyOf({ group, plural }: Kind, asked: string | undefined): string | undefined {
  const resource = `${group}/${plural}`
  if (CHILDLESS.has(resource)) return undefined
  return asked ?? (ORPHANING.has(resource) ? 'Orphan' : undefined)
}

/** Returns the same array when nothing changes. A finalizer that is there outweighs what is not asked for. */
function finalizersFor(policy: string | undefined, finalizers: readonly string[]): readonly string[] {
  if (policy === undefined) return finalizers
  const rest = finalizers.filter((one) => one !== FOREGROUND && one !== ORPHAN)
  const wanted = policy === 'Foreground' ? FOREGROUND : policy === 'Orphan' ? ORPHAN : undefined
  const result = wanted === undefined ? rest : [...rest, wanted]
  return result.length === finalizers.length && result.every((one) => finalizers.includes(one)) ? finalizers : result
}

/** Kinds whose deletion is answered with the object that went, not with a Status (their stores' ReturnDeletedObject). */
const RETURNED: ReadonlySet<string> = new Set([
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceclaimtemplates',
  'resource.k8s.io/resourceslices',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
])

function farewell(kind: Kind, old: ApiObject, last: ApiObject): unknown {
  return RETURNED.has(`${kind.group}/${kind.plural}`) ? last : success(kind, old)
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
