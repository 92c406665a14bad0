/**
 * Where a group stands among the others in discovery, and so which of two resources of one name kubectl takes: the
 * higher the earlier (k8s.io/kubernetes pkg/controlplane/apiserver/aggregator.go and cmd/kube-apiserver).
 */
const PRIORITIES: Readonly<Record<string, number>> = {
  '': 18_000,
  'apiregistration.k8s.io': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000,
  'resource.k8s.io': 15_900,
  'storagemigration.k8s.io': 15_800,
  // Of the metric APIs: kubernetes-sigs/prometheus-adapter deploy/manifests/api-service.yaml.
  'custom.metrics.k8s.io': 100,
  'external.metrics.k8s.io': 100,
}
/** Of groups that came with definitions (pkg/controlplane/controller/crdregistration). */
const CUSTOM_PRIORITY = 1_000

export function groupPriority(group: string): number {
  return PRIORITIES[group] ?? CUSTOM_PRIORITY
}
