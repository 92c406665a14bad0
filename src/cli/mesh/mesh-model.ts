import type { ApiObject } from '../../api/object.ts'
import { compile, type Snapshot } from '../../mesh/snapshot.ts'
import { type Proxy, ProxyView } from '../../mesh/proxy/proxy-view.ts'
import type { Manifest } from '../up/manifests.ts'
import { meshSettings, settingsWarnings } from './mesh-settings.ts'
import { Places } from './places.ts'
import { requireValid } from './require-valid.ts'
import { standIns } from './stand-ins.ts'
import { endpointSlices, madePods, type MeshWorkload, workloadsOf } from './workloads.ts'

/** A mesh to ask questions of, without any traffic: from files, or as a cluster has it now. */
export interface MeshModel {
  readonly snapshot: Snapshot
  readonly workloads: readonly MeshWorkload[]
  readonly places: Places
  /** What nobody wrote and was taken for granted. */
  readonly assumptions: readonly string[]
  /** What a cluster would warn of when it is given the files. */
  readonly warnings: readonly string[]
  /** Whether callers and targets that nobody wrote may be taken for granted too. */
  readonly assumes: boolean
  /** The namespace of what does not say its own. */
  readonly namespace: string
  /** The mesh as proxies see it, kept for the next question. */
  readonly views: Map<string, ProxyView>
}

export function viewOf({ snapshot, views }: MeshModel, proxy: Proxy): ProxyView {
  const { type, namespace, labels, addresses, dnsCapture, dnsAutoAllocate } = proxy
  const key = JSON.stringify([type, namespace, labels, addresses, dnsCapture, dnsAutoAllocate])
  const known = views.get(key)
  if (known !== undefined) return known
  const view = new ProxyView(snapshot, proxy)
  views.set(key, view)
  return view
}

const CLUSTER_SCOPED = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'ClusterRole',
  'IngressClass',
])

/** `assumes: false` takes the files at their word: what they do not hold is not there. */
export function modelOfFiles(
  manifests: readonly Manifest[],
  { namespace, assumes }: { readonly namespace: string; readonly assumes: boolean },
): MeshModel {
  const warnings = requireValid(manifests)
  const placed = new Map<ApiObject, Manifest>()
  const objects = manifests.map((manifest, index) => {
    const object = withClusterIp(inNamespace(manifest.object, namespace), index)
    placed.set(object, manifest)
    return object
  })
  const pods = madePods(objects)
  const mesh = meshSettings([...objects, ...pods])
  const added = assumes ? standIns(objects, mesh) : { objects: [], notes: [] }
  const all = [...objects, ...added.objects.map((object, index) => withClusterIp(object, objects.length + index))]
  const written = all.filter(({ kind }) => kind !== 'Pod' && kind !== 'EndpointSlice')
  const running = [...written, ...pods, ...endpointSlices(all, pods)]
  return {
    snapshot: compile(running, mesh),
    workloads: workloadsOf(running, mesh),
    places: new Places(placed, new Set(all.slice(objects.length))),
    assumptions: added.notes,
    warnings: [...warnings, ...settingsWarnings(manifests)],
    assumes,
    namespace,
    views: new Map(),
  }
}

export function modelOfCluster(objects: readonly ApiObject[], namespace: string): MeshModel {
  const mesh = meshSettings(objects)
  return {
    snapshot: compile(objects, mesh),
    workloads: workloadsOf(objects, mesh),
    places: new Places(new Map(), new Set()),
    assumptions: [],
    warnings: [],
    assumes: false,
    namespace,
    views: new Map(),
  }
}

function inNamespace(object: ApiObject, namespace: string): ApiObject {
  if (object.metadata.namespace !== undefined || CLUSTER_SCOPED.has(object.kind)) return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}

/** The address that a cluster would give a Service. */
function withClusterIp(object: ApiObject, index: number): ApiObject {
  const spec = (object as { spec?: { clusterIP?: string; type?: string } }).spec
  if (object.kind !== 'Service' || spec?.clusterIP !== undefined || spec?.type === 'ExternalName') return object
  return { ...object, spec: { ...spec, clusterIP: `10.96.${(index >> 8) & 255}.${index & 255}` } } as ApiObject
}
