import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Ingress as IngressObject, IngressRule } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { CLASS_ANNOTATION, validateIngress, validateIngressStatus } from './validate-ingress.ts'

export type Ingress = IngressObject

const INITIAL_STATUS = { loadBalancer: {} }
const HOSTS_SHOWN_MAX = 3

export const Ingress: Kind<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  namespaced: true,
  shortNames: ['ing'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.networking.v1.Ingress'),

  prepareForCreate: (ingress) => ({ ...ingress, status: INITIAL_STATUS }),
  prepareForUpdate: keepStatus,
  validate: validateIngress,
  validateStatus: validateIngressStatus,
  *warnings({ metadata, spec }, old) {
    if (old !== undefined || spec.ingressClassName !== undefined) return
    if (metadata.annotations?.[CLASS_ANNOTATION] === undefined) return
    yield `annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`
  },
  columns: [
    nameColumn(),
    {
      name: 'Class',
      type: 'string',
      description: 'The name of the IngressClass resource that should be used for additional configuration',
      cell: ({ spec }) => spec.ingressClassName ?? NONE,
    },
    {
      name: 'Hosts',
      type: 'string',
      description: 'Hosts that incoming requests are matched against before the ingress rule',
      cell: ({ spec }) => printHosts(spec.rules ?? []),
    },
    {
      name: 'Address',
      type: 'string',
      description: 'Address is a list containing ingress points for the load-balancer',
      cell: printAddresses,
    },
    {
      name: 'Ports',
      type: 'string',
      description: 'Ports of TLS configurations that open',
      cell: ({ spec }) => ((spec.tls ?? []).length > 0 ? '80, 443' : '80'),
    },
    ageColumn(),
  ],
}

/** Upstream counts all rules beyond the third, with or without a host, once three hosts were found before the last. */
function printHosts(rules: readonly IngressRule[]): string {
  const hosts: string[] = []
  for (const { host = '' } of rules) {
    if (hosts.length === HOSTS_SHOWN_MAX) return `${hosts.join(',')} + ${rules.length - HOSTS_SHOWN_MAX} more...`
    if (host !== '') hosts.push(host)
  }
  return hosts.length === 0 ? '*' : hosts.join(',')
}

function printAddresses({ status }: Ingress): string {
  const points = status?.loadBalancer?.ingress ?? []
  const addresses = points.map(({ ip = '', hostname = '' }) => ip || hostname).filter((address) => address !== '')
  return [...new Set(addresses)].toSorted().join(',')
}
