import { ConfigMap } from '../../../api/kinds/core/config-map.ts'
import { PersistentVolumeClaim } from '../../../api/kinds/core/persistent-volume-claim.ts'
import { PersistentVolume } from '../../../api/kinds/core/persistent-volume.ts'
import { ResourceQuota } from '../../../api/kinds/core/resource-quota.ts'
import { Secret } from '../../../api/kinds/core/secret.ts'
import { Service } from '../../../api/kinds/core/service.ts'
import { quantityMilli } from '../../../api/quantity-cache.ts'
import {
  gauge,
  infoOf,
  kindMetrics,
  type KindMetrics,
  numberOf,
  type Sample,
  stateOf,
  timeOf,
} from './object-metrics.ts'

/** kubernetes/kube-state-metrics internal/store/{service,persistentvolume,persistentvolumeclaim,configmap,secret,resourcequota}.go */
export const resourceMetrics: readonly KindMetrics[] = [
  kindMetrics<Service>({
    kind: Service,
    identity: ({ metadata: { namespace = '', name, uid = '' } }) => ({ namespace, service: name, uid }),
    metrics: [
      infoOf('kube_service_info', 'Where services are.', ({ spec }) => ({
        cluster_ip: spec.clusterIP,
        external_name: spec.externalName,
        external_traffic_policy: spec.externalTrafficPolicy,
        load_balancer_ip: spec.loadBalancerIP,
      })),
      timeOf('kube_service_created', 'When services were created.', ({ metadata }) => metadata.creationTimestamp),
      infoOf('kube_service_spec_type', 'How services are reached.', ({ spec }) => ({ type: spec.type })),
    ],
  }),
  kindMetrics<PersistentVolumeClaim>({
    kind: PersistentVolumeClaim,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, persistentvolumeclaim: name }),
    metrics: [
      infoOf('kube_persistentvolumeclaim_info', 'What claims got.', ({ spec }) => ({
        storageclass: spec?.storageClassName,
        volumename: spec?.volumeName,
        volumemode: spec?.volumeMode,
      })),
      timeOf(
        'kube_persistentvolumeclaim_created',
        'When claims were created.',
        ({ metadata }) => metadata.creationTimestamp,
      ),
      numberOf('kube_persistentvolumeclaim_resource_requests_storage_bytes', 'How much is wanted.', ({ spec }) =>
        bytesOf(spec?.resources?.requests?.['storage']),
      ),
      gauge('kube_persistentvolumeclaim_access_mode', 'Who may write.', ({ spec }) =>
        (spec?.accessModes ?? []).map((mode): Sample => [{ access_mode: mode }, 1]),
      ),
      stateOf('kube_persistentvolumeclaim_status_phase', 'In which phase claims are.', {
        label: 'phase',
        states: ['Lost', 'Bound', 'Pending'],
        state: ({ status }) => status?.phase,
      }),
    ],
  }),
  kindMetrics<PersistentVolume>({
    kind: PersistentVolume,
    identity: ({ metadata }) => ({ persistentvolume: metadata.name }),
    metrics: [
      timeOf(
        'kube_persistentvolume_created',
        'When volumes were created.',
        ({ metadata }) => metadata.creationTimestamp,
      ),
      numberOf('kube_persistentvolume_capacity_bytes', 'How much fits.', ({ spec }) =>
        bytesOf(spec?.capacity?.['storage']),
      ),
      gauge('kube_persistentvolume_claim_ref', 'Whose volumes are.', ({ spec }): readonly Sample[] => {
        const { name = '', namespace = '' } = spec?.claimRef ?? {}
        return name === '' ? [] : [[{ name, claim_namespace: namespace }, 1]]
      }),
      stateOf('kube_persistentvolume_status_phase', 'In which phase volumes are.', {
        label: 'phase',
        states: ['Pending', 'Available', 'Bound', 'Released', 'Failed'],
        state: ({ status }) => status?.phase,
      }),
    ],
  }),
  kindMetrics<ConfigMap>({
    kind: ConfigMap,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, configmap: name }),
    metrics: [
      infoOf('kube_configmap_info', 'Which there are.', () => ({})),
      timeOf('kube_configmap_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      numberOf('kube_configmap_metadata_resource_version', 'Which version is the newest.', version),
    ],
  }),
  kindMetrics<Secret>({
    kind: Secret,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, secret: name }),
    metrics: [
      infoOf('kube_secret_info', 'Which there are.', () => ({})),
      infoOf('kube_secret_type', 'What they are for.', ({ type }) => ({ type })),
      timeOf('kube_secret_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      numberOf('kube_secret_metadata_resource_version', 'Which version is the newest.', version),
    ],
  }),
  kindMetrics<ResourceQuota>({
    kind: ResourceQuota,
    identity: ({ metadata: { namespace = '', name } }) => ({ namespace, resourcequota: name }),
    metrics: [
      timeOf('kube_resourcequota_created', 'When they were created.', ({ metadata }) => metadata.creationTimestamp),
      gauge('kube_resourcequota', 'What may be used, and is.', ({ status }) => [
        ...quotaSamples(status?.hard, 'hard'),
        ...quotaSamples(status?.used, 'used'),
      ]),
    ],
  }),
]

function quotaSamples(amounts: Readonly<Record<string, string>> = {}, type: string): readonly Sample[] {
  return Object.entries(amounts).map(([resource, amount]): Sample => [
    { resource, type },
    quantityMilli(amount) / 1_000,
  ])
}

function bytesOf(amount: string | undefined): number | undefined {
  return amount === undefined ? undefined : quantityMilli(amount) / 1_000
}

function version({ metadata }: { readonly metadata: { readonly resourceVersion?: string } }): number | undefined {
  return metadata.resourceVersion === undefined ? undefined : Number(metadata.resourceVersion)
}
