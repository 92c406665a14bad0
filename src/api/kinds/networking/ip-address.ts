import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { IPAddress as IPAddressObject } from '../../types.generated.ts'

export type IPAddress = IPAddressObject

export const IPAddress: Kind<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  namespaced: false,
  shortNames: ['ip'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.networking.v1.IPAddress'),
}
