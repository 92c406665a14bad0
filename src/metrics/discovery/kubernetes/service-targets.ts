import type { Service } from '../../../api/kinds/core/service.ts'
import type { TargetGroup } from '../target-group.ts'
import { type ClusterView, hostAndPort, type LabelSet, META, NAMESPACE_LABEL, objectLabels } from './cluster-view.ts'

/** A target for each port of a service (prometheus: discovery/kubernetes/service.go). */
export function serviceGroup(service: Service, view: ClusterView): TargetGroup {
  const { namespace = '', name } = service.metadata
  const { spec } = service
  const targets = (spec?.ports ?? []).map((port): LabelSet => ({
    __address__: hostAndPort(`${name}.${namespace}.svc`, port.port),
    [`${META}service_port_name`]: port.name ?? '',
    [`${META}service_port_number`]: String(port.port),
    [`${META}service_port_protocol`]: port.protocol ?? '',
    [`${META}service_type`]: spec?.type ?? '',
    ...(spec?.type === 'ExternalName'
      ? { [`${META}service_external_name`]: spec.externalName ?? '' }
      : { [`${META}service_cluster_ip`]: spec?.clusterIP ?? '' }),
    ...(spec?.type === 'LoadBalancer' && { [`${META}service_loadbalancer_ip`]: loadBalancerIps(service) }),
  }))
  const labels = { ...serviceLabels(service), ...view.namespaceLabels(namespace) }
  return { source: `svc/${namespace}/${name}`, labels, targets }
}

export function serviceLabels({ metadata }: Service): LabelSet {
  return { [NAMESPACE_LABEL]: metadata.namespace ?? '', ...objectLabels('service', metadata) }
}

function loadBalancerIps({ spec, status }: Service): string {
  const ips = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined || ip === '' ? [] : [ip]))
  return ips.length > 0 ? ips.join(',') : (spec?.loadBalancerIP ?? '')
}
