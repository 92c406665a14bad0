import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { warningsForCidr } from '../../names/ip.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import { printLabelSelector } from '../../selectors/label-selector.ts'
import type { NetworkPolicy as NetworkPolicyObject, NetworkPolicyPort } from '../../types.generated.ts'
import { ipBlocksOf, validateNetworkPolicy } from './validate-network-policy.ts'

export type NetworkPolicy = NetworkPolicyObject

export const NetworkPolicy: Kind<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  namespaced: true,
  shortNames: ['netpol'],
  schema: () => builtinSchema('io.k8s.api.networking.v1.NetworkPolicy'),

  default: defaultPolicy,
  validate: validateNetworkPolicy,
  *warnings({ spec }) {
    for (const { field, cidr, except = [] } of ipBlocksOf(spec)) {
      yield* warningsForCidr(cidr, `${field}.cidr`)
      for (const [index, text] of except.entries()) yield* warningsForCidr(text, `${field}.except[${index}]`)
    }
  },
  columns: [
    nameColumn(),
    {
      name: 'Pod-Selector',
      type: 'string',
      description: 'Which pods the policy applies to.',
      cell: ({ spec }) => printLabelSelector(spec.podSelector),
    },
    ageColumn(),
  ],
}

/** pkg/apis/networking/v1/defaults.go: a policy that does not say otherwise is about what comes in, and what it names. */
function defaultPolicy(policy: NetworkPolicy): NetworkPolicy {
  const { spec } = policy
  const { policyTypes = [], ingress, egress } = spec
  return changed(policy, {
    spec: changed(spec, {
      policyTypes: policyTypes.length > 0 ? policyTypes : (egress ?? []).length > 0 ? BOTH : INGRESS_ONLY,
      ingress: ingress && mapChanged(ingress, withProtocols),
      egress: egress && mapChanged(egress, withProtocols),
    }),
  })
}

const INGRESS_ONLY: readonly string[] = ['Ingress']
const BOTH: readonly string[] = ['Ingress', 'Egress']

function withProtocols<T extends { readonly ports?: readonly NetworkPolicyPort[] }>(rule: T): T {
  if (rule.ports === undefined) return rule
  const ports = mapChanged(rule.ports, (port) => changed(port, { protocol: port.protocol ?? 'TCP' }))
  return ports === rule.ports ? rule : { ...rule, ports }
}
