import type { PersistentVolume } from '../../api/types.generated.ts'
import type { FilterPlugin, PluginContext } from '../plugin.ts'
import { type Refusal, unresolvable } from '../refusal.ts'
import { mountedClaims, storageClassOf } from '../volumes/claims.ts'
import { claimNow, volumeNow } from '../volumes/pod-claims.ts'

const NAME = 'VolumeZone'
const REFUSED = unresolvable(NAME, 'node(s) had no available volume zone')

/** Labels that say where a volume or a node is, with what they were called before 1.17. */
const ZONE_LABELS: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
}

interface ZoneLabel {
  readonly key: string
  readonly values: ReadonlySet<string>
}

/** Keeps pods in the zones of their volumes, where volumes bear zone labels. */
export const volumeZone: FilterPlugin = {
  name: NAME,
  isLocal: false,
  prepare({ claims, shape: { namespace, volumes } }, context) {
    if (claims.length === 0) return undefined
    const labels: ZoneLabel[] = []
    for (const name of mountedClaims(volumes)) {
      const found = zoneLabelsOf(namespace, name, context)
      if (found === undefined) continue
      if ('refusal' in found) return found
      labels.push(...found)
    }
    if (labels.length === 0) return undefined
    return {
      check(row) {
        const present = context.cluster.nodeAt(row).node.metadata.labels ?? {}
        // A node without any such label is in a cluster that has no zones.
        if (!Object.keys(ZONE_LABELS).some((key) => present[key] !== undefined)) return undefined
        return labels.every(({ key, values }) => values.has(valueOf(present, key))) ? undefined : REFUSED
      },
    }
  },
}

function valueOf(labels: Readonly<Record<string, string>>, key: string): string {
  return labels[key] ?? labels[ZONE_LABELS[key] ?? ''] ?? '\0'
}

function zoneLabelsOf(
  namespace: string,
  name: string,
  context: PluginContext,
): ZoneLabel[] | { readonly refusal: Refusal } | undefined {
  const claim = claimNow(namespace, name, context)
  if (claim === undefined) return refuse(`persistentvolumeclaim "${name}" not found`)
  const volumeName = claim.spec.volumeName ?? ''
  if (volumeName === '') {
    const className = storageClassOf(claim)
    if (className === '') return refuse('PersistentVolumeClaim had no pv name and storageClass name')
    const storageClass = context.objects.storageClass(className)
    if (storageClass === undefined) return refuse(`storageclass.storage.k8s.io "${className}" not found`)
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') return undefined
    return refuse('PersistentVolume had no name')
  }
  const volume = volumeNow(volumeName, context)
  return volume === undefined ? refuse(`persistentvolume "${volumeName}" not found`) : labelsOf(volume)
}

/** Several zones stand in one label, with two underscores between them. */
function labelsOf({ metadata: { labels = {} } }: PersistentVolume): ZoneLabel[] {
  return Object.keys(ZONE_LABELS).flatMap((key) => {
    const value = labels[key]
    return value === undefined || value === '' ? [] : [{ key, values: new Set(value.split('__')) }]
  })
}

function refuse(reason: string): { readonly refusal: Refusal } {
  return { refusal: unresolvable(NAME, reason) }
}
