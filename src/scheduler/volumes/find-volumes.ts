import { quantityValue } from '../../api/quantity-cache.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../api/types.generated.ts'
import type { PluginContext } from '../plugin.ts'
import { SchedulingFailure } from '../scheduling-failure.ts'
import { storageClassOf } from './claims.ts'
import { matchVolume, reaches, requestedBytes } from './match-volume.ts'
import type { PodClaims } from './pod-claims.ts'

const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage'
const VOLUME_MISSING = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

/** A class whose volumes somebody makes by hand. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'

/** What is to be done about a pod's unbound claims if it goes to a certain node. */
export interface PodVolumes {
  readonly bindings: readonly { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }[]
  /** To be provisioned for that node. */
  readonly provisions: readonly PersistentVolumeClaim[]
}

const NOTHING: PodVolumes = { bindings: [], provisions: [] }

/** The volumes that a pod would get on a node, or why the node has none for it. */
export function findVolumes(
  claims: PodClaims,
  node: Node,
  context: PluginContext,
): PodVolumes | { readonly reasons: readonly string[] } {
  const boundProblem = checkBound(claims.bound, node)
  const found = claims.delayed.length === 0 ? NOTHING : findUnbound(claims.delayed, node, context)
  const reasons = [boundProblem === NODE_CONFLICT ? boundProblem : '', typeof found === 'string' ? found : '']
  if (boundProblem === VOLUME_MISSING) reasons.push(boundProblem)
  const given = reasons.filter((reason) => reason !== '')
  if (given.length > 0) return { reasons: given }
  return typeof found === 'string' ? NOTHING : found
}

function checkBound(claims: PodClaims['bound'], node: Node): string | undefined {
  for (const { volume } of claims) {
    if (volume === undefined) return VOLUME_MISSING
    if (!reaches(volume, node)) return NODE_CONFLICT
  }
  return undefined
}

/** Small claims choose first, so that they do not take what a large one needs. */
function findUnbound(
  claims: readonly PersistentVolumeClaim[],
  node: Node,
  context: PluginContext,
): PodVolumes | string {
  const bindings: { volume: PersistentVolume; claim: PersistentVolumeClaim }[] = []
  const provisions: PersistentVolumeClaim[] = []
  const taken = new Set<string>()
  const searching: PersistentVolumeClaim[] = []
  for (const claim of claims) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE]
    if (selected === undefined) searching.push(claim)
    else if (selected === node.metadata.name) provisions.push(claim)
    else return BIND_CONFLICT
  }
  for (const claim of searching.toSorted((a, b) => requestedBytes(a) - requestedBytes(b))) {
    const volume = matchVolume(claim, candidates(claim, context), { node, taken })
    if (volume === undefined) provisions.push(claim)
    else {
      taken.add(volume.metadata.name)
      bindings.push({ volume, claim })
    }
  }
  for (const claim of provisions) {
    const problem = checkProvision(claim, node, context)
    if (problem !== undefined) return problem
  }
  return { bindings, provisions }
}

function* candidates(claim: PersistentVolumeClaim, { objects, volumes }: PluginContext): Generator<PersistentVolume> {
  for (const stored of objects.volumesOfClass(storageClassOf(claim))) {
    const volume = volumes.volume(stored)
    if (volume !== undefined) yield volume
  }
}

function checkProvision(claim: PersistentVolumeClaim, node: Node, context: PluginContext): string | undefined {
  const className = storageClassOf(claim)
  const storageClass = context.objects.storageClass(className)
  if (storageClass === undefined) throw new SchedulingFailure(`failed to find storage class "${className}"`)
  const { provisioner } = storageClass
  if (provisioner === '' || provisioner === NO_PROVISIONER) return BIND_CONFLICT
  if (!isInTopology(storageClass, node)) return BIND_CONFLICT
  return hasCapacity(claim, storageClass, { node, context }) ? undefined : NOT_ENOUGH_SPACE
}

function isInTopology({ allowedTopologies = [] }: StorageClass, { metadata: { labels = {} } }: Node): boolean {
  if (allowedTopologies.length === 0) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? '\0')),
  )
}

/** Drivers that report how much storage there is get asked; others always have enough. */
function hasCapacity(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  { node, context: { objects } }: { node: Node; context: PluginContext },
): boolean {
  if (claim.spec.resources?.requests?.['storage'] === undefined) return true
  if (objects.csiDriver(storageClass.provisioner)?.spec.storageCapacity !== true) return true
  const bytes = requestedBytes(claim)
  for (const { storageClassName, nodeTopology, maximumVolumeSize, capacity } of objects.csiStorageCapacities()) {
    if (storageClassName !== storageClass.metadata.name || nodeTopology === undefined) continue
    const limit = maximumVolumeSize ?? capacity
    if (limit === undefined || quantityValue(limit) < bytes) continue
    if (matcherOfSelector(nodeTopology).matches(node.metadata.labels)) return true
  }
  return false
}
