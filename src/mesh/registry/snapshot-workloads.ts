import type { ApiObject } from '../../api/object.ts'
import { CLUSTER_DOMAIN, keyOf } from '../config/names.ts'
import type { MeshConfig } from '../config/mesh-config.ts'
import type { ProxyConfig } from '../config/types/proxy-config.ts'
import type { WorkloadEntry } from '../config/types/service-entry.ts'
import type { Change, ObjectsByKind, Registry } from './mesh-objects.ts'
import { isSameForMesh, type MeshPod, type WorkloadContext, workloadOfEntry, workloadOfPod } from './pod-workload.ts'
import { NO_WORKLOADS, withWorkloads, type WorkloadTable } from './workload-table.ts'
import type { Workload } from './workload.ts'

type Entry = readonly [key: string, workload: Workload | undefined]

export function indexWorkloads(objects: ObjectsByKind, mesh: MeshConfig): WorkloadTable {
  const entries: Entry[] = []
  for (const pod of objects.get('Pod')?.values() ?? []) entries.push(entryOfPod(objects, mesh, pod))
  for (const entry of objects.get('WorkloadEntry')?.values() ?? []) entries.push(entryOfMachine(objects, mesh, entry))
  return withWorkloads(
    NO_WORKLOADS,
    entries.filter(([, workload]) => workload !== undefined),
  )
}

/** Most changes of pods say nothing new about who they are. */
export function updateWorkloads(snapshot: Registry, { before, after }: Change): WorkloadTable {
  const { objects, mesh, workloads } = snapshot
  const object = after ?? before
  if (object === undefined) return workloads
  switch (object.kind) {
    case 'Pod':
      if (isSameForMesh(before as MeshPod | undefined, after as MeshPod | undefined)) return workloads
      return withWorkloads(workloads, [
        after === undefined ? [keyOf(object), undefined] : entryOfPod(objects, mesh, after),
      ])
    case 'WorkloadEntry': {
      const gone: Entry = [`:${keyOf(object)}`, undefined]
      return withWorkloads(workloads, [after === undefined ? gone : entryOfMachine(objects, mesh, after)])
    }
    case 'ProxyConfig':
      return indexWorkloads(objects, mesh)
    default:
      // A namespace says who has a sidecar, a node where it is.
      return before?.metadata.labels === after?.metadata.labels ? workloads : indexWorkloads(objects, mesh)
  }
}

function entryOfPod(objects: ObjectsByKind, mesh: MeshConfig, pod: ApiObject): Entry {
  const nodeName = (pod as MeshPod).spec?.nodeName
  return [keyOf(pod), workloadOfPod(pod as MeshPod, contextOf(objects, mesh, { pod, nodeName }))]
}

function entryOfMachine(objects: ObjectsByKind, mesh: MeshConfig, entry: ApiObject): Entry {
  const context = contextOf(objects, mesh, { pod: entry, nodeName: undefined })
  return [`:${keyOf(entry)}`, workloadOfEntry(entry as WorkloadEntry, context)]
}

function contextOf(
  objects: ObjectsByKind,
  mesh: MeshConfig,
  { pod, nodeName }: { readonly pod: ApiObject; readonly nodeName: string | undefined },
): WorkloadContext {
  const { trustDomain = CLUSTER_DOMAIN, clusterName = 'Kubernetes', proxyMetadata, rootNamespace } = mesh
  const proxyConfigs = objects.get('ProxyConfig')
  // Kinds without a namespace are kept under `default`.
  const namespace = objects.get('Namespace')?.get(`default/${pod.metadata.namespace ?? 'default'}`)
  const node = nodeName === undefined ? undefined : objects.get('Node')?.get(`default/${nodeName}`)
  return {
    trustDomain,
    clusterName,
    namespaceLabels: namespace?.metadata.labels ?? {},
    nodeLabels: node?.metadata.labels ?? {},
    proxyMetadata,
    rootNamespace,
    ...(proxyConfigs !== undefined && { proxyConfigs: [...proxyConfigs.values()] as readonly ProxyConfig[] }),
  }
}
