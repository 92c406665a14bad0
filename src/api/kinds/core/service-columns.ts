import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import { printLabels } from '../../selectors/label-map.ts'
import type { Service, ServicePort } from '../../types.generated.ts'

/** pkg/printers/internalversion/printers.go printService. */
export const SERVICE_COLUMNS: readonly Column<Service>[] = [
  nameColumn(),
  {
    name: 'Type',
    type: 'string',
    description: 'type determines how the Service is exposed.',
    cell: ({ spec }) => spec.type ?? '',
  },
  {
    name: 'Cluster-IP',
    type: 'string',
    description: 'clusterIP is the IP address of the service and is usually assigned randomly.',
    cell: ({ spec }) => spec.clusterIPs?.[0] || NONE,
  },
  {
    name: 'External-IP',
    type: 'string',
    description:
      'externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.',
    cell: printExternalIp,
  },
  {
    name: 'Port(s)',
    type: 'string',
    description: 'The list of ports that are exposed by this service.',
    cell: ({ spec }) => (spec.ports ?? []).map(printPort).join(',') || NONE,
  },
  ageColumn(),
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description: 'Route service traffic to pods with label keys and values matching this selector.',
    cell: ({ spec }) => printLabels(spec.selector) || NONE,
  },
]

function printExternalIp({ spec, status }: Service): string {
  const external = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || NONE
    case 'LoadBalancer': {
      const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip = '', hostname = '' }) => ip || hostname)
      const reached = [...new Set(ingress.filter((one) => one !== ''))].toSorted()
      return [...reached, ...external].join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

function printPort({ port, nodePort = 0, protocol = '' }: ServicePort): string {
  return nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`
}
