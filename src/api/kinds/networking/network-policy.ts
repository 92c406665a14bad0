import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { NetworkPolicy as NetworkPolicyObject } from '../../types.generated.ts'

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
}
