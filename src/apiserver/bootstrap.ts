import type { ApiObject } from '../api/object.ts'

/** The namespaces that every cluster has. */
export const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const

/** What stands in a cluster before anybody asked for anything. */
export function bootstrapObjects(): readonly ApiObject[] {
  return SYSTEM_NAMESPACES.flatMap((name) => [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
  ])
}
