import { type Kind, parseApiVersion } from '../../api/kind.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { ReplicaSet } from '../../api/kinds/apps/replica-set.ts'
import { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import { ReplicationController } from '../../api/kinds/core/replication-controller.ts'
import { type ApiObject, controllerOf, type OwnerReference } from '../../api/object.ts'
import type { Pod, Scale } from '../../api/types.generated.ts'
import { type Client, isNotFound } from '../../client/client.ts'
import type { Informers } from '../../client/informers.ts'

/** How many pods the controllers of some pods want together, and which pods nobody controls. */
export interface ExpectedScale {
  readonly scale: number
  readonly unmanaged: readonly string[]
}

/** Why a budget's pods cannot be counted, in upstream's words: they stand in its status. */
export class ScaleError extends Error {
  override readonly name = 'ScaleError'
}

interface ControllerScale {
  readonly uid: string
  readonly replicas: number
}

/**
 * The sum of what the controllers of pods want. A ReplicaSet's Deployment counts in its stead; a controller of a kind
 * that is not built in is asked for its scale (k8s.io/kubernetes pkg/controller/disruption/disruption.go getExpectedScale).
 */
export async function expectedScale(
  pods: readonly Pod[],
  { client, informers }: { client: Client; informers: Informers },
): Promise<ExpectedScale> {
  const scales = new Map<string, number>()
  const asked = new Set<string>()
  const unmanaged: string[] = []
  for (const pod of pods) {
    const reference = controllerOf(pod)
    if (reference === undefined) {
      unmanaged.push(pod.metadata.name)
      continue
    }
    if (asked.has(reference.uid)) continue
    asked.add(reference.uid)
    const { namespace } = pod.metadata
    const found = builtinScale(reference, namespace, informers) ?? (await servedScale(reference, namespace, client))
    if (found === undefined) throw new ScaleError(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`)
    scales.set(found.uid, found.replicas)
  }
  return { scale: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged }
}

/** Groups that ReplicaSets and Deployments have been in. */
const APPS: ReadonlySet<string> = new Set(['apps', 'extensions'])

function builtinScale(
  reference: OwnerReference,
  namespace: string | undefined,
  informers: Informers,
): ControllerScale | undefined {
  const find = <T extends ApiObject>(kind: Kind<T>, { name, uid }: OwnerReference): T | undefined => {
    const owner = informers.of(kind).get({ namespace, name })
    return owner?.metadata.uid === uid ? owner : undefined
  }
  const { group } = parseApiVersion(reference.apiVersion)
  if (group === '' && reference.kind === 'ReplicationController') return scaleOf(find(ReplicationController, reference))
  if (group === 'apps' && reference.kind === 'StatefulSet') return scaleOf(find(StatefulSet, reference))
  if (!APPS.has(group) || reference.kind !== 'ReplicaSet') return undefined
  const set = find(ReplicaSet, reference)
  const above = set === undefined ? undefined : controllerOf(set)
  const isDeployed = above?.kind === 'Deployment' && APPS.has(parseApiVersion(above.apiVersion).group)
  return scaleOf((isDeployed ? find(Deployment, above) : undefined) ?? set)
}

function scaleOf(
  owner: (ApiObject & { readonly spec?: { readonly replicas?: number } }) | undefined,
): ControllerScale | undefined {
  return owner === undefined ? undefined : { uid: owner.metadata.uid ?? '', replicas: owner.spec?.replicas ?? 1 }
}

/** The scale of a controller of any kind that has one. */
async function servedScale(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string | undefined,
  client: Client,
): Promise<ControllerScale | undefined> {
  const served = client.scheme.byKind(apiVersion, kind)
  if (served === undefined) {
    throw new ScaleError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`)
  }
  if (served.subresources?.some((subresource) => subresource.name === 'scale') !== true) {
    const resource = served.group === '' ? served.plural : `${served.plural}.${served.group}`
    throw new ScaleError(`${resource} does not implement the scale subresource`)
  }
  try {
    const { metadata, spec } = (await client.getSubresource(served, { namespace, name }, 'scale')) as Scale
    return metadata?.uid === uid ? { uid, replicas: spec?.replicas ?? 0 } : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
