import type { Volume } from '../../api/types.generated.ts'
import type { FieldContext } from './downward-api.ts'
import type { References } from './references.ts'
import { filesOf } from './volume-files.ts'

/** Why the volumes of a pod cannot be mounted, in the words of a FailedMount event; undefined when they can. */
export function volumeProblem(context: FieldContext, references: References): string | undefined {
  for (const volume of context.pod.spec.volumes ?? []) {
    const problem = problemOf(volume, context, references)
    if (problem !== undefined) return problem
  }
  return undefined
}

function problemOf(volume: Volume, context: FieldContext, references: References): string | undefined {
  const claimProblem = problemOfClaim(volume, context, references)
  if (claimProblem !== undefined) {
    // kubernetes/kubernetes pkg/kubelet/volumemanager/volume_manager.go: WaitForAttachAndMount
    const { name } = volume
    const lists = `unmounted volumes=[${name}], unattached volumes=[], failed to process volumes=[${name}]`
    return `Unable to attach or mount volumes: ${lists}: ${claimProblem}`
  }
  const needsLookup = volume.configMap ?? volume.secret ?? volume.projected
  if (needsLookup === undefined) return undefined
  const read = filesOf(volume, context, references)
  return 'problem' in read ? `MountVolume.SetUp failed for volume "${volume.name}" : ${read.problem}` : undefined
}

/** kubernetes/kubernetes pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go: getPVCExtractPV */
function problemOfClaim(volume: Volume, { pod }: FieldContext, references: References): string | undefined {
  const namespace = pod.metadata.namespace ?? ''
  const name = claimNameOf(volume, pod.metadata.name)
  if (name === undefined) return undefined
  const claim = references.claim(namespace, name)
  const prefix = `error processing PVC ${namespace}/${name}`
  if (claim === undefined) {
    return `${prefix}: failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`
  }
  if (claim.metadata.deletionTimestamp !== undefined) return `${prefix}: PVC is being deleted`
  if (claim.status?.phase !== 'Bound' || (claim.spec?.volumeName ?? '') === '') return `${prefix}: PVC is not bound`
  return undefined
}

/** A generic ephemeral volume has a claim named for the pod and the volume. */
function claimNameOf({ name, persistentVolumeClaim, ephemeral }: Volume, podName: string): string | undefined {
  if (ephemeral !== undefined) return `${podName}-${name}`
  return persistentVolumeClaim?.claimName
}
