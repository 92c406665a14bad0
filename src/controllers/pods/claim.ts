import type { Kind } from '../../api/kind.ts'
import { type ApiObject, controllerOf, keyOf } from '../../api/object.ts'
import type { Labels } from '../../api/selectors/requirement.ts'
import { type Client, controllerReference, isNotFound } from '../../client/client.ts'
import type { Informer } from '../../client/informer.ts'

const ORPHANS = 'orphan-namespace'

/** What `owner` controls, and what nobody in its namespace does. */
export function candidatesOf<T extends ApiObject>(informer: Informer<T>, owner: ApiObject): readonly T[] {
  informer.addIndex(ORPHANS, (object) => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []))
  const owned = informer.ownedBy(owner.metadata.uid)
  const orphans = informer.byIndex(ORPHANS, owner.metadata.namespace ?? '')
  return orphans.length === 0 ? owned : [...owned, ...orphans]
}

export interface ClaimOptions<T extends ApiObject> {
  readonly client: Client
  /** The kind of what is claimed. */
  readonly kind: Kind<T>
  readonly owner: ApiObject
  readonly matches: (labels: Labels | undefined) => boolean
  /** Put on what is adopted, taken off what is released. */
  readonly finalizer?: string
}

/**
 * Sorts out which candidates belong to `owner`: keeps those that it controls and its selector matches, adopts orphans
 * that match, releases what no longer matches. Writes nothing in the usual case that all is settled.
 */
export async function claim<T extends ApiObject>(
  candidates: readonly T[],
  options: ClaimOptions<T>,
): Promise<readonly T[]> {
  const { owner, matches } = options
  const uid = owner.metadata.uid
  if (candidates.every((one) => controllerOf(one)?.uid === uid && matches(one.metadata.labels))) return candidates
  const claimed: T[] = []
  let isSure = false
  for (const candidate of candidates) {
    const controller = controllerOf(candidate)
    if (controller !== undefined && controller.uid !== uid) continue
    const isMatch = matches(candidate.metadata.labels)
    if (controller !== undefined && isMatch) claimed.push(candidate)
    else if (controller !== undefined && owner.metadata.deletionTimestamp === undefined) {
      await release(candidate, options)
    } else if (controller === undefined && isMatch && mayAdopt(owner, candidate)) {
      if (!isSure) await assureAlive(options)
      isSure = true
      const adopted = await adopt(candidate, options)
      if (adopted !== undefined) claimed.push(adopted)
    }
  }
  return claimed
}

function mayAdopt(owner: ApiObject, orphan: ApiObject): boolean {
  return owner.metadata.deletionTimestamp === undefined && orphan.metadata.deletionTimestamp === undefined
}

/** Asks the server, not the informer: an owner that is on its way out must not adopt what it would take with it. */
async function assureAlive<T extends ApiObject>({ client, owner }: ClaimOptions<T>): Promise<void> {
  const { kind, metadata } = owner
  const fresh = await client.get(client.kindOf(owner), keyOf(owner))
  const place = `${metadata.namespace ?? ''}/${metadata.name}`
  if (fresh === undefined || fresh.metadata.uid !== metadata.uid) {
    throw new Error(
      `can't adopt: original ${kind} ${place} is gone: got uid ${fresh?.metadata.uid ?? ''}, wanted ${metadata.uid ?? ''}`,
    )
  }
  if (fresh.metadata.deletionTimestamp !== undefined) {
    throw new Error(`can't adopt: ${place} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
  }
}

function adopt<T extends ApiObject>(orphan: T, options: ClaimOptions<T>): Promise<T | undefined> {
  const { client, kind, owner, finalizer } = options
  const { ownerReferences = [], finalizers = [] } = orphan.metadata
  const change = {
    ...guard(orphan),
    ownerReferences: [...ownerReferences, controllerReference(owner)],
    ...(finalizer === undefined || finalizers.includes(finalizer) ? {} : { finalizers: [...finalizers, finalizer] }),
  }
  return unlessGone(client.mergePatch(kind, keyOf(orphan), { metadata: change }))
}

async function release<T extends ApiObject>(object: T, options: ClaimOptions<T>): Promise<void> {
  const { client, kind, owner, finalizer } = options
  const { ownerReferences = [], finalizers = [] } = object.metadata
  const rest = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid)
  const change = {
    ...guard(object),
    ownerReferences: orNull(rest),
    ...(finalizer === undefined ? {} : { finalizers: orNull(finalizers.filter((one) => one !== finalizer)) }),
  }
  await unlessGone(client.mergePatch(kind, keyOf(object), { metadata: change }))
}

/** A merge patch removes by null. */
function orNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list
}

/** The write holds only for this very version: a merge patch replaces the whole list. */
function guard({ metadata }: ApiObject): { uid: string | undefined; resourceVersion: string | undefined } {
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion }
}

async function unlessGone<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
