/** The package of ObjectMeta, Status and whatever else all groups share. */
export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1'
export const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
export const APIREGISTRATION = 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1'

/** Package → API group and version, for every group at a version that is generally available; central ones first. */
export const BUILTIN_GROUPS: ReadonlyMap<string, { readonly group: string; readonly version: string }> = new Map([
  ['io.k8s.api.core.v1', { group: '', version: 'v1' }],
  [META, { group: 'meta.k8s.io', version: 'v1' }],
  ['io.k8s.api.apps.v1', { group: 'apps', version: 'v1' }],
  ['io.k8s.api.batch.v1', { group: 'batch', version: 'v1' }],
  ['io.k8s.api.autoscaling.v2', { group: 'autoscaling', version: 'v2' }],
  ['io.k8s.api.autoscaling.v1', { group: 'autoscaling', version: 'v1' }],
  ['io.k8s.api.policy.v1', { group: 'policy', version: 'v1' }],
  ['io.k8s.api.rbac.v1', { group: 'rbac.authorization.k8s.io', version: 'v1' }],
  ['io.k8s.api.networking.v1', { group: 'networking.k8s.io', version: 'v1' }],
  ['io.k8s.api.storage.v1', { group: 'storage.k8s.io', version: 'v1' }],
  ['io.k8s.api.scheduling.v1', { group: 'scheduling.k8s.io', version: 'v1' }],
  ['io.k8s.api.node.v1', { group: 'node.k8s.io', version: 'v1' }],
  ['io.k8s.api.discovery.v1', { group: 'discovery.k8s.io', version: 'v1' }],
  ['io.k8s.api.coordination.v1', { group: 'coordination.k8s.io', version: 'v1' }],
  ['io.k8s.api.events.v1', { group: 'events.k8s.io', version: 'v1' }],
  ['io.k8s.api.authentication.v1', { group: 'authentication.k8s.io', version: 'v1' }],
  ['io.k8s.api.authorization.v1', { group: 'authorization.k8s.io', version: 'v1' }],
  ['io.k8s.api.certificates.v1', { group: 'certificates.k8s.io', version: 'v1' }],
  ['io.k8s.api.admissionregistration.v1', { group: 'admissionregistration.k8s.io', version: 'v1' }],
  [APIEXTENSIONS, { group: 'apiextensions.k8s.io', version: 'v1' }],
  [APIREGISTRATION, { group: 'apiregistration.k8s.io', version: 'v1' }],
  ['io.k8s.api.flowcontrol.v1', { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' }],
  ['io.k8s.api.resource.v1', { group: 'resource.k8s.io', version: 'v1' }],
])
