import type { Client } from '../../client/client.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'
import type { Clock, Timer } from '../../world/clock.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { PluginContext } from '../plugin.ts'
import { SchedulingFailure } from '../scheduling-failure.ts'
import { findVolumes, type PodVolumes, SELECTED_NODE } from './find-volumes.ts'
import { reaches } from './match-volume.ts'
import { claimsOf, isFullyBound } from './pod-claims.ts'

const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'

/** Bindings that were decided on: the objects as they will be written. */
export interface VolumeDecision {
  readonly volumes: readonly { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }[]
  readonly claims: readonly PersistentVolumeClaim[]
}

/** Decides about the pod's unbound claims for its node, and lets the next pods reckon with that. */
export function assumeVolumes(
  { pod, claims }: PodInfo,
  node: NodeInfo,
  context: PluginContext,
): VolumeDecision | undefined {
  if (claims.length === 0) return undefined
  const found = claimsOf(pod, context)
  if (found === undefined || typeof found === 'string' || found.delayed.length === 0) return undefined
  const volumes = findVolumes(found, node.node, context)
  if ('reasons' in volumes) throw new SchedulingFailure(volumes.reasons.join(', '))
  const decision = decisionOf(volumes, node.name)
  for (const [index, { volume }] of decision.volumes.entries()) {
    const from = volumes.bindings[index]?.volume
    if (from !== undefined) context.volumes.assumeVolume(volume, from)
  }
  for (const [index, claim] of decision.claims.entries()) {
    const from = volumes.provisions[index]
    if (from !== undefined) context.volumes.assumeClaim(claim, from)
  }
  return decision
}

export function forgetVolumes({ volumes, claims }: VolumeDecision, context: PluginContext): void {
  for (const { volume } of volumes) context.volumes.forgetVolume(volume)
  for (const claim of claims) context.volumes.forgetClaim(claim)
}

function decisionOf({ bindings, provisions }: PodVolumes, node: string): VolumeDecision {
  return {
    volumes: bindings.map(({ volume, claim }) => ({ volume: setAside(volume, claim), claim })),
    claims: provisions.map((claim) => annotated(claim, SELECTED_NODE, node)),
  }
}

/** The volume as it is once it belongs to the claim. */
function setAside(volume: PersistentVolume, { apiVersion, kind, metadata }: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = metadata
  const claimRef = {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  const bound = { ...volume, spec: { ...volume.spec, claimRef } }
  return volume.spec.claimRef === undefined ? annotated(bound, BOUND_BY_CONTROLLER, 'yes') : bound
}

function annotated<T extends PersistentVolume | PersistentVolumeClaim>(object: T, key: string, value: string): T {
  const annotations = { ...object.metadata.annotations, [key]: value }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

export interface VolumeBinding {
  readonly client: Client
  readonly clock: Clock
  readonly context: PluginContext
  /** Calls back after each change of a volume or a claim; returns what ends that. */
  onChange(listener: () => void): () => void
  readonly signal: AbortSignal
}

/** Writes the decision and waits until the volume controller has carried it out. */
export async function bindVolumes(decision: VolumeDecision, node: NodeInfo, binding: VolumeBinding): Promise<void> {
  for (const { volume } of decision.volumes) await binding.client.update(volume)
  for (const claim of decision.claims) await binding.client.update(claim)
  const timeoutMs = binding.context.args.VolumeBinding.bindTimeoutSeconds * 1_000
  await untilBound(() => areBound(decision, node, binding.context), timeoutMs, binding)
}

function untilBound(
  isDone: () => boolean,
  timeoutMs: number,
  { clock, onChange, signal }: VolumeBinding,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let deadline: Timer | undefined
    let off: (() => void) | undefined
    const end = (finish: () => void): void => {
      deadline?.cancel()
      off?.()
      signal.removeEventListener('abort', onAbort)
      finish()
    }
    const fail = (error: unknown): void => end(() => reject(error as Error))
    const onAbort = (): void => fail(new SchedulingFailure('binding volumes: context canceled'))
    const look = (): void => {
      try {
        if (isDone()) end(resolve)
      } catch (error) {
        fail(error)
      }
    }
    signal.addEventListener('abort', onAbort)
    deadline = clock.schedule(timeoutMs, () =>
      fail(new SchedulingFailure('binding volumes: context deadline exceeded')),
    )
    off = onChange(look)
    look()
  })
}

/** Throws when it can come to nothing any more. */
function areBound({ volumes, claims }: VolumeDecision, node: NodeInfo, { objects }: PluginContext): boolean {
  for (const { volume, claim } of volumes) {
    const stored = objects.volume(volume.metadata.name)
    if (stored?.spec.claimRef?.uid === undefined) fail(`ClaimRef got reset for pv "${volume.metadata.name}"`)
    if (!isFullyBound(claimOf(claim, objects))) return false
  }
  for (const claim of claims) {
    const stored = claimOf(claim, objects)
    if (stored.metadata.annotations?.[SELECTED_NODE] !== node.name) {
      fail(`provisioning failed for PVC "${claim.metadata.name}"`)
    }
    const volume = objects.volume(stored.spec.volumeName ?? '')
    if (volume !== undefined && !reaches(volume, node.node)) {
      fail(
        `pv "${volume.metadata.name}" node affinity doesn't match node "${node.name}": no matching NodeSelectorTerms`,
      )
    }
    if (!isFullyBound(stored)) return false
  }
  return true
}

function claimOf({ metadata }: PersistentVolumeClaim, objects: PluginContext['objects']): PersistentVolumeClaim {
  const stored = objects.claim(metadata.namespace ?? '', metadata.name)
  if (stored === undefined) {
    throw new SchedulingFailure(
      `binding volumes: failed to check provisioning pvc: persistentvolumeclaim "${metadata.name}" not found`,
    )
  }
  return stored
}

function fail(why: string): never {
  throw new SchedulingFailure(`binding volumes: ${why}`)
}
