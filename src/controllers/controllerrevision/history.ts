import { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import { type ApiObject, keyOf } from '../../api/object.ts'
import type { Labels } from '../../api/selectors/requirement.ts'
import type { PodTemplateSpec } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import { type Client, controllerReference, isAlreadyExists } from '../../client/client.ts'
import type { Informer } from '../../client/informer.ts'
import { candidatesOf, claim } from '../pods/claim.ts'
import { safeHash } from './safe-hash.ts'

/** Names keep this much of the owner's: 253 letters less a dash, a hash and some reserve (pkg/controller/history). */
const PREFIX_MAX = 223

type Templated = ApiObject & {
  readonly spec: { readonly template: PodTemplateSpec }
  readonly status?: { readonly collisionCount?: number }
}

/** What a revision remembers of its owner: the pod template, in the form of a strategic merge patch that restores it. */
interface TemplatePatch {
  readonly spec: { readonly template: PodTemplateSpec & { readonly $patch: 'replace' } }
}

/** The owner's revisions, oldest first; adopts matching ones that nobody controls. */
export async function listRevisions(
  owner: ApiObject,
  options: {
    readonly client: Client
    readonly informer: Informer<ControllerRevision>
    readonly matches: (labels: Labels | undefined) => boolean
  },
): Promise<readonly ControllerRevision[]> {
  const { client, informer, matches } = options
  const candidates = candidatesOf(informer, owner).filter(({ metadata }) => matches(metadata.labels))
  const claimed = await claim(candidates, { client, kind: ControllerRevision, owner, matches })
  return claimed.toSorted(compareRevisions)
}

/** By number, then by age, then by name. */
export function compareRevisions(a: ControllerRevision, b: ControllerRevision): number {
  return (
    a.revision - b.revision ||
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  )
}

/** The template that a revision restores. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _patch, ...template } = (data as unknown as TemplatePatch).spec.template
  return template
}

/** Whether a revision is about this template. Unchanged parts are shared, so this is quick where the answer is yes. */
export function isRevisionOf(revision: ControllerRevision, { spec }: Templated): boolean {
  return deepEqual(templateOf(revision), spec.template)
}

export interface CreatedRevision {
  readonly revision: ControllerRevision
  /** Grown by each name that another revision had already taken. */
  readonly collisionCount: number
}

/** Stores the owner's present template as revision number `revision`, with its hash in the label `hashLabel`. */
export async function createRevision(
  client: Client,
  owner: Templated,
  { revision, hashLabel }: { readonly revision: number; readonly hashLabel: string },
): Promise<CreatedRevision> {
  for (let collisionCount = owner.status?.collisionCount ?? 0; ; collisionCount++) {
    const wanted = newRevision(owner, { revision, collisionCount, hashLabel })
    try {
      return { revision: await client.create(wanted), collisionCount }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const present = await client.get(ControllerRevision, keyOf(wanted))
      if (present !== undefined && deepEqual(present.data, wanted.data)) return { revision: present, collisionCount }
    }
  }
}

function newRevision(
  owner: Templated,
  options: { readonly revision: number; readonly collisionCount: number; readonly hashLabel: string },
): ControllerRevision {
  const { revision, collisionCount, hashLabel } = options
  const { template } = owner.spec
  const { name, namespace, annotations } = owner.metadata
  const data: TemplatePatch = { spec: { template: { ...template, $patch: 'replace' } } }
  const hash = safeHash(data, String(collisionCount))
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name.slice(0, PREFIX_MAX)}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    data: data as unknown as Record<string, unknown>,
    revision,
  }
}

/** The revisions to forget: the oldest beyond `limit` of those that are not in use. `revisions` are oldest first. */
export function excessRevisions(
  revisions: readonly ControllerRevision[],
  { limit, isInUse }: { readonly limit: number; readonly isInUse: (revision: ControllerRevision) => boolean },
): readonly ControllerRevision[] {
  const idle = revisions.filter((revision) => !isInUse(revision))
  return idle.slice(0, Math.max(0, idle.length - limit))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
