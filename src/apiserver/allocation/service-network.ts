import type { Service } from '../../api/types.generated.ts'
import type { Random } from '../../world/random.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'
import { withClusterIp } from './cluster-ips.ts'
import { withIpFamilies } from './ip-families.ts'
import { withNodePorts } from './node-ports.ts'
import { type Taken, takenByOthers } from './taken.ts'

/** Gives Services their cluster IPs and node ports, and refuses those that are taken. */
export function serviceNetwork(random: Random): AdmissionPlugin {
  return {
    name: 'ServiceNetwork',

    admit({ operation, kind, object, old: before, subresource }, { store }) {
      if (kind.plural !== 'services' || kind.group !== '' || subresource !== undefined) return undefined
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined
      const service = object as Service
      const old = before as Service | undefined
      let known: Taken | undefined
      const taken = (): Taken => (known ??= takenByOthers(store, service.metadata.uid))
      const related = withSpec(service, withIpFamilies(service, old?.spec))
      const addressed = withSpec(
        related,
        withClusterIp(related, old, () => taken().addresses, random),
      )
      return withSpec(
        addressed,
        withNodePorts(addressed, old, () => taken().nodePorts, random),
      )
    },
  }
}

function withSpec(service: Service, spec: Service['spec']): Service {
  return spec === service.spec ? service : { ...service, spec }
}
