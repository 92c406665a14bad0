import { CLUSTER_IP_CIDR, FIRST_CLUSTER_IP } from './allocation/cluster-ips.ts'
import type { ApiObject } from '../api/object.ts'
import type { PriorityClass, Service, ServiceCIDR } from '../api/types.generated.ts'
import { defaultFlowSchemas, defaultPriorityLevels } from './flow-control/default-objects.ts'

/** The namespaces that every cluster has. */
export const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const

/** What stands in a cluster before anybody asked for anything. `now` is when it starts. */
export function bootstrapObjects(now: string): readonly ApiObject[] {
  return [
    ...SYSTEM_NAMESPACES.flatMap((name) => [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
    ]),
    // k8s.io/kubernetes pkg/apis/scheduling/v1/helpers.go
    priorityClass('system-node-critical', 2_000_001_000, 'that must not be moved from their current node.'),
    priorityClass(
      'system-cluster-critical',
      2_000_000_000,
      'that must run in the cluster, but can be moved to another node if necessary.',
    ),
    ...defaultPriorityLevels(),
    ...defaultFlowSchemas(now),
    serviceCidr(now),
    kubernetesService(),
    // k8s.io/kubernetes pkg/controlplane/controller/legacytokentracking: legacy tokens are watched since this day.
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
      data: { since: now.slice(0, 'yyyy-mm-dd'.length) },
    } as ApiObject,
  ]
}

function priorityClass(name: string, value: number, which: string): PriorityClass {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name, generation: 1 },
    value,
    description: `Used for system critical pods ${which}`,
    preemptionPolicy: 'PreemptLowerPriority',
  }
}

/** k8s.io/kubernetes pkg/controlplane/controller/defaultservicecidr */
function serviceCidr(now: string): ServiceCIDR {
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
    lastTransitionTime: now,
  }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes', finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
    spec: { cidrs: [CLUSTER_IP_CIDR] },
    status: { conditions: [condition] },
  }
}

/** k8s.io/kubernetes pkg/controlplane/controller/kubernetesservice */
export function kubernetesService(port = 6443): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP: FIRST_CLUSTER_IP,
      clusterIPs: [FIRST_CLUSTER_IP],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  }
}
